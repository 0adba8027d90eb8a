import { compareVersions } from "#deb";
import { compareText } from "../compare-text.ts";

/** A package of a distribution with what its indices need. */
export interface IndexedPackage {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly component: string;
  readonly stanza: string;
}

/** By name, version, architecture; the text decides where dpkg takes two versions for the same. */
export function comparePackages(a: IndexedPackage, b: IndexedPackage): number {
  return (
    compareText(a.name, b.name) ||
    compareVersions(a.version, b.version) ||
    compareText(a.version, b.version) ||
    compareText(a.arch, b.arch) ||
    compareText(a.stanza, b.stanza)
  );
}
