import type { BuildBlock, ChrootBlock } from "./block.ts";

/** A block that comes with the program. */
export interface BuiltIn<B> {
  /** What it does, one sentence. */
  readonly doc: string;
  readonly block: B;
}

/** Where a build finds a cache of that name. */
export const CACHE_MOUNT = "/var/cache/mini-buildd-";

/** dpkg's many fsyncs are for nothing here: a chroot that breaks is made again. */
const EATMYDATA: ChrootBlock = {
  name: "eatmydata",
  version: "1",
  packages: ["eatmydata"],
  text: `dpkg -L libeatmydata1 | grep '/libeatmydata[.]so$' >/etc/ld.so.preload
test -s /etc/ld.so.preload
`,
};

/** With the certificates of the machine: see `extraCa`. */
export const EXTRA_CA = "extra-ca";

const NONE = { version: "1", text: "", variables: {}, path: [] } as const;

/**
 * Builds are done in directories of random names, which would make all compilations differ: those names are kept out of
 * what ccache compares. In the results dpkg replaces them anyway (feature fixfilepath of dpkg-buildflags(1)).
 */
const CCACHE: BuildBlock = {
  ...NONE,
  name: "ccache",
  text: "DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install ccache\n",
  variables: { CCACHE_DIR: `${CACHE_MOUNT}ccache`, CCACHE_BASEDIR: "/build", CCACHE_NOHASHDIR: "1" },
  path: ["/usr/lib/ccache"],
  apt: {},
  options: [],
  caches: ["ccache"],
};

const aptOnly = (name: string, apt: Readonly<Record<string, string>>): BuildBlock => ({
  ...{ ...NONE, name, apt },
  ...{ options: [], caches: [] },
});

export const CHROOT_BLOCKS: readonly BuiltIn<ChrootBlock>[] = [
  { doc: "Makes installing packages fast: files are not synced to the disk.", block: EATMYDATA },
];

export const EXTRA_CA_DOC =
  "Adds the machine's own CA certificates (/usr/local/share/ca-certificates/*.crt), for sources by https with a private CA.";

export const BUILD_BLOCKS: readonly BuiltIn<BuildBlock>[] = [
  {
    doc: "Lets apt use archives of ended releases, whose Release files are past their date.",
    block: aptOnly("apt-archived", { "Acquire::Check-Valid-Until": "false" }),
  },
  { doc: "Lets apt use IPv4 only.", block: aptOnly("apt-ipv4", { "Acquire::ForceIPv4": "true" }) },
  {
    doc: "Compiles by ccache(1), with one cache for each repository, codename and architecture.",
    block: CCACHE,
  },
  {
    doc: "Makes no packages of debug symbols.",
    block: {
      ...NONE,
      name: "no-debug-packages",
      apt: {},
      // The second word is Ubuntu's.
      options: ["noautodbgsym", "noddebs"],
      caches: [],
    },
  },
];
