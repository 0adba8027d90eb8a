import { join } from "node:path";
import { CACHE_MOUNT } from "#blocks";
import { NAMESPACE } from "#chroots";
import { parseDistribution } from "#deb";
import { type Exec, execOk } from "#platform";
import type { Block, BuildDescription } from "./build-description.ts";
import type { OverlayFile } from "./overlay.ts";
import { checked } from "./patterns.ts";

/** What the blocks of a build (builds.md 11) put into its overlay, its environment and its chroot. */

type WithBlocks = { readonly tool: Pick<BuildDescription["tool"], "blocks"> };

/** A directory of the host that a build sees, and may write to. */
export interface Mount {
  readonly directory: string;
  readonly mountpoint: string;
}

/** The texts, the list that `setup` goes by (`FILE NAME VERSION`), and the configuration of apt. */
export function blockFiles({ tool: { blocks } }: WithBlocks): OverlayFile[] {
  if (blocks.length === 0) return [];
  const named = blocks.map((block, index) => ({
    ...block,
    file: `${String(index).padStart(2, "0")}-${checked("blockName", block.name, "block")}`,
  }));
  const list = named.map(({ file, name, version }) => `${file} ${name} ${checkedVersion(version)}\n`);
  const apt = blocks.flatMap((block) => Object.entries(block.apt)).map(aptLine);
  const files = [
    ...named.map(({ file, text }) => ({ path: `blocks/${file}`, content: text })),
    { path: "blocks/list", content: list.join("") },
    ...(apt.length === 0 ? [] : [{ path: "apt/apt.conf.d/98mini-buildd-blocks", content: apt.join("") }]),
  ];
  return files.map((file) => ({ ...file, mode: 0o644 }));
}

const checkedVersion = (version: string) => checked("blockVersion", version, "version of a block");

function aptLine([name, value]: readonly [string, string]): string {
  return `${checked("aptOption", name, "option of apt")} "${checked("aptValue", value, "value for apt")}";\n`;
}

/** What stands in front of the build's path, and its variables; a later block counts. */
export function blockEnvironment({ tool: { blocks } }: WithBlocks) {
  const path = blocks.flatMap((block) => block.path).map((dir) => checked("blockPath", dir, "directory"));
  const variables = blocks
    .flatMap((block) => Object.entries(block.variables))
    .map(([name, value]): readonly [string, string] => [
      checked("blockVariable", name, "variable"),
      checked("blockValue", value, "value of a variable"),
    ]);
  return { path, variables: Object.fromEntries(variables) };
}

/** `ccache 1`, as a result tells of it. */
export function blockNameOf({ name, version }: Pick<Block, "name" | "version">): string {
  return `${name} ${version}`;
}

/**
 * The caches of a build: `<cache>/<name>/<repository>/<codename>-<arch>`. No two repositories share one, as what may be
 * built in one could then harm what is built in the other.
 */
export function cacheMounts(
  { tool: { blocks }, distribution, codename, arch }: WithBlocks & CachePlace,
  cacheDir: string,
): Mount[] {
  const names = [...new Set(blocks.flatMap((block) => block.caches))];
  return names.map((name) => {
    const cache = checked("blockName", name, "cache");
    const repository = parseDistribution(distribution)?.repository;
    if (repository === undefined) throw new Error(`distribution ${distribution} is of no repository`);
    const leaf = `${checked("codename", codename, "codename")}-${checked("arch", arch, "architecture")}`;
    return { directory: join(cacheDir, cache, repository, leaf), mountpoint: `${CACHE_MOUNT}${cache}` };
  });
}

type CachePlace = Pick<BuildDescription, "distribution" | "codename" | "arch">;

/**
 * ccache keeps to 5 GiB by itself. A package that fills its cache, or makes so many files that counting them takes a
 * minute, loses the cache of its repository only.
 */
const MAX_CACHE_KIB = 10 * 1024 * 1024;

/**
 * The leaf is for users of the namespace to write to; 1 is the first subordinate id, root of builds. The directory above
 * it is closed: only that root (by its group) and the service user, as whom sbuild looks whether the leaf is there, can
 * enter it; nobody else on the host can plant something for builds or meet what they left there.
 */
export const MAKE_CACHE = `set -e
umask 022
mkdir -p "$1/$2"
chown 0:1 "$1"
chmod 710 "$1"
chown 1:1 "$1/$2"
chmod 1777 "$1/$2"
used=$(timeout 60 du -sxk "$1/$2" 2>/dev/null | cut -f1)
[ "\${used:-$(($3 + 1))}" -le "$3" ] || find "$1/$2" -xdev -mindepth 1 -delete 2>/dev/null || true`;

/** Makes the directories of caches, as the root of a namespace, in which no path leads out of them. */
export async function makeCaches(exec: Exec, mounts: readonly Mount[]): Promise<void> {
  const [program, ...namespace] = NAMESPACE;
  for (const { directory } of mounts) {
    const [closed, leaf] = [join(directory, ".."), directory.slice(directory.lastIndexOf("/") + 1)];
    await execOk(exec, program, [
      ...namespace,
      "sh",
      "-c",
      MAKE_CACHE,
      "sh",
      closed,
      leaf,
      String(MAX_CACHE_KIB),
    ]);
  }
}
