/** A source package of the base archive, and what is expected of it here. */
export interface RealPackage {
  readonly source: string;
  /** What is special about it. */
  readonly kinds: string;
  /** Upload options of its port, besides those of a port call. */
  readonly options?: readonly string[];
  /** Default INSTALLED. */
  readonly ends?: "INSTALLED" | "FAILED";
  /** Why it fails: reasons of its builds. */
  readonly reason?: string;
  /** Packages that must be in the indices then. */
  readonly binaries?: readonly string[];
}

/** Small ones, which need few others to be built; each is there for what it is. */
const ALL: readonly RealPackage[] = [
  { source: "hello", kinds: "quilt, any, dbgsym", binaries: ["hello", "hello-dbgsym"] },
  { source: "hostname", kinds: "native, any, `+` in the version", binaries: ["hostname"] },
  {
    source: "debootstrap",
    kinds: "native, all, deb and udeb",
    binaries: ["debootstrap", "debootstrap-udeb"],
  },
  {
    source: "attr",
    kinds: "epoch, several binaries, udeb, dbgsym",
    binaries: ["attr", "libattr1", "libattr1-dev", "libattr1-udeb", "libattr1-dbgsym"],
  },
  {
    source: "libaio",
    kinds: "linux-any, a udeb that the build profile leaves out",
    options: ["deb-build-profiles=noudeb"],
    binaries: ["libaio1", "libaio-dev"],
  },
  { source: "pwgen", kinds: "deb and udeb", binaries: ["pwgen", "pwgen-udeb"] },
  { source: "fenics", kinds: "native, epoch, any and all", binaries: ["fenics"] },
  { source: "dash", kinds: "any and all", binaries: ["dash", "ash"] },
  { source: "mescc-tools", kinds: "several upstream tarballs", binaries: ["mescc-tools"] },
  {
    source: "cisco7crack",
    kinds: "`~` in the version, autopkgtest",
    options: ["autopkgtest-mode=ERRFAIL"],
    binaries: ["cisco7crack"],
  },
  { source: "popt", kinds: "`+` upstream, several binaries, udeb", binaries: ["libpopt0", "libpopt0-udeb"] },
  {
    source: "galleta",
    kinds: "`+` upstream, autopkgtest, built without its own tests",
    options: ["autopkgtest-mode=WARNFAIL", "deb-build-options=nocheck"],
    binaries: ["galleta"],
  },
  { source: "readlike", kinds: "dh-python", binaries: ["python3-readlike"] },
  { source: "golang-github-jackc-pgio", kinds: "dh-golang", binaries: ["golang-github-jackc-pgio-dev"] },
  {
    source: "file-kanji",
    kinds: "warnings of lintian, which fail it",
    options: ["lintian-mode=WARNFAIL"],
    ends: "FAILED",
    reason: "qa",
  },
];

/** `MBD_PACKAGES=attr,popt` takes some of them. */
const chosen = process.env.MBD_PACKAGES?.split(",");

export const REAL_PACKAGES = ALL.filter(({ source }) => chosen?.includes(source) ?? true);
