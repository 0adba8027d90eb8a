import { formatError, quote } from "./errors.ts";
import { isSourcePackage } from "./names.ts";
import { withoutEpoch } from "./version.ts";

/** Endings of binary packages: ordinary, for the installer, Ubuntu's debug symbols. */
export type DebEnding = "deb" | "udeb" | "ddeb";

/** What the name of a binary package's file tells; the version is without epoch. */
export interface DebFileName {
  readonly packageName: string;
  readonly version: string;
  readonly architecture: string;
  readonly ending: DebEnding;
}

/** The name of a binary package's file: `<name>_<version without epoch>_<architecture>.<ending>`. */
export function debFileName(parts: DebFileName): string {
  return `${parts.packageName}_${withoutEpoch(parts.version)}_${parts.architecture}.${parts.ending}`;
}

/** Splits the name of a .deb, .udeb or .ddeb (no directory part). @throws FormatError for other names. */
export function parseDebFileName(fileName: string): DebFileName {
  const match = /^([^_/]+)_([A-Za-z0-9.+~-]+)_([a-z0-9][a-z0-9-]*)\.(deb|udeb|ddeb)$/.exec(fileName);
  const [, packageName = "", version = "", architecture = "", ending = ""] = match ?? [];
  if (!isDebEnding(ending) || !isSourcePackage(packageName)) {
    const form = "<package>_<version without epoch>_<architecture>.deb, .udeb or .ddeb";
    throw formatError({ what: quote(fileName) }, `the file name is not of the form ${form}`);
  }
  return { packageName, version, architecture, ending };
}

function isDebEnding(text: string): text is DebEnding {
  return text === "deb" || text === "udeb" || text === "ddeb";
}
