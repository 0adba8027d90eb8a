import { debFileName, parseDebFileName } from "./deb-filename.ts";
import { FormatError, formatError, quote } from "./errors.ts";
import { isArchitecture, isSourcePackage } from "./names.ts";
import type { Stanza } from "./stanza.ts";
import { parseVersion } from "./version.ts";

/** Identity of a binary package as its control file states it. */
export interface BinaryControl {
  readonly packageName: string;
  /** With epoch. */
  readonly version: string;
  /** One architecture or `all`. */
  readonly architecture: string;
  readonly maintainer: string;
  /** Name and version of the source package; those of the binary package where `Source` does not say. */
  readonly source: string;
  readonly sourceVersion: string;
}

/**
 * Checks the control file of a binary package: the fields that Policy 5.3 demands, the syntax of names, version,
 * architecture and `Source`, and, where `fileName` is given, that the file is named after them.
 * @throws FormatError
 */
export function checkControl(stanza: Stanza, fileName?: string): BinaryControl {
  const packageName = stanza.getLine("Package");
  if (!isSourcePackage(packageName)) {
    throw formatError(stanza.place("Package"), `${quote(packageName)} is not a valid package name`);
  }
  const version = stanza.getLine("Version");
  checkVersion(stanza, "Version", version);
  const architecture = stanza.getLine("Architecture");
  if (architecture !== "all" && !isRealArchitecture(architecture)) {
    const problem = `${quote(architecture)} is not an architecture a binary package can have`;
    throw formatError(stanza.place("Architecture"), problem);
  }
  const maintainer = stanza.getLine("Maintainer");
  stanza.getRequired("Description");
  const control = {
    packageName,
    version,
    architecture,
    maintainer,
    ...readSource(stanza, packageName, version),
  };
  if (fileName !== undefined) checkFileName(control, fileName);
  return control;
}

/** No wildcard (Policy 11.1.1): `any`, `linux-any`, `any-amd64`. */
function isRealArchitecture(text: string): boolean {
  return isArchitecture(text) && !text.split("-").includes("any");
}

function checkVersion(stanza: Stanza, field: string, version: string): void {
  try {
    parseVersion(version);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(
      `${stanza.what}, field ${quote(field)}: ${error.message.replace(/^version: /, "")}`,
      {
        ...stanza.place(field),
      },
    );
  }
}

/** `name` or `name (version)`, Policy 5.6.1. */
function readSource(stanza: Stanza, packageName: string, version: string) {
  if (!stanza.has("Source")) return { source: packageName, sourceVersion: version };
  const text = stanza.getLine("Source");
  const match = /^([^ ()]+)(?: \(([^ ()]+)\))?$/.exec(text);
  const [, source = "", sourceVersion = version] = match ?? [];
  if (!isSourcePackage(source)) {
    throw formatError(stanza.place("Source"), `${quote(text)} is not of the form "name" or "name (version)"`);
  }
  checkVersion(stanza, "Source", sourceVersion);
  return { source, sourceVersion };
}

function checkFileName(control: Omit<BinaryControl, "source">, fileName: string): void {
  const { ending } = parseDebFileName(fileName);
  const expected = debFileName({ ...control, ending });
  if (fileName !== expected) {
    throw formatError({ what: fileName }, `after its control file the package must be named ${expected}`);
  }
}
