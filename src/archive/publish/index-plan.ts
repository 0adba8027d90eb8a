import { compareVersions } from "#deb";
import { componentReleaseText, type ReleaseFields } from "../release-file.ts";

/** A package of a distribution with what its indices need. */
export interface IndexedPackage {
  readonly kind: string;
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly component: string;
  readonly stanza: string;
}

export interface IndexLayout {
  readonly fields: ReleaseFields;
  readonly components: readonly string[];
  readonly architectures: readonly string[];
}

/** A file below dists/<distribution>: its text is the pieces one after the other. */
export interface PlannedFile {
  /** Uncompressed name, e.g. main/binary-amd64/Packages. */
  readonly path: string;
  readonly pieces: readonly string[];
  /** Published as .gz and .xz; small Release files are there as they are. */
  readonly compressed: boolean;
}

/**
 * All files of a distribution but its Release: a function of content, whatever the order of changes. Every component
 * has an index for each architecture, empty ones too, since apt asks for what Release promises; packages of
 * architecture `all` are in each. Indices of the installer are there where a component has udebs.
 */
export function planIndices(layout: IndexLayout, packages: readonly IndexedPackage[]): PlannedFile[] {
  const sorted = [...packages].sort(comparePackages);
  return layout.components.flatMap((component) => {
    const own = sorted.filter((candidate) => candidate.component === component);
    const debs = own.filter(({ kind }) => kind === "deb" || kind === "ddeb");
    const udebs = own.filter(({ kind }) => kind === "udeb");
    const installer = udebs.length > 0;
    return [
      ...layout.architectures.flatMap((arch) => [
        index(`${component}/binary-${arch}/Packages`, forArchitecture(debs, arch)),
        small(layout, component, `binary-${arch}`, arch),
        ...(installer
          ? [index(`${component}/debian-installer/binary-${arch}/Packages`, forArchitecture(udebs, arch))]
          : []),
      ]),
      index(
        `${component}/source/Sources`,
        own.filter(({ kind }) => kind === "dsc"),
      ),
      small(layout, component, "source", "source"),
    ];
  });
}

function forArchitecture(packages: readonly IndexedPackage[], arch: string): IndexedPackage[] {
  return packages.filter((candidate) => candidate.arch === arch || candidate.arch === "all");
}

function index(path: string, packages: readonly IndexedPackage[]): PlannedFile {
  return { path, pieces: packages.map(({ stanza }) => `${stanza}\n`), compressed: true };
}

function small(layout: IndexLayout, component: string, dir: string, architecture: string): PlannedFile {
  const text = componentReleaseText(layout.fields, component, architecture);
  return { path: `${component}/${dir}/Release`, pieces: [text], compressed: false };
}

/** By name, version, architecture; the text decides where dpkg takes two versions for the same. */
function comparePackages(a: IndexedPackage, b: IndexedPackage): number {
  return (
    compareText(a.name, b.name) ||
    compareVersions(a.version, b.version) ||
    compareText(a.version, b.version) ||
    compareText(a.arch, b.arch) ||
    compareText(a.stanza, b.stanza)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
