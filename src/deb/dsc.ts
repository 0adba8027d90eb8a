import { readArchitectures, readSource, readVersion } from "./changes.ts";
import { checkSameFiles, parseChecksumsSha256, parseDscFiles, type Sha256File } from "./checksums.ts";
import { unwrapClearsigned } from "./clearsign.ts";
import { parseStanza } from "./deb822.ts";
import { checkDscFiles, type DscFormat } from "./dsc-files.ts";
import { formatError, quote } from "./errors.ts";
import { type PackageListEntry, parsePackageList } from "./package-list.ts";
import type { Stanza } from "./stanza.ts";

/** A source package's control file (Policy 5.4, dsc(5)). */
export interface Dsc {
  readonly format: DscFormat;
  readonly source: string;
  readonly version: string;
  /** Architectures and wildcards the source builds for, `all` among them. */
  readonly architectures: readonly string[];
  /** Names of the binary packages; empty when the field is missing. */
  readonly binaries: readonly string[];
  /** Undefined in sources of dpkg before 1.16. */
  readonly packageList: readonly PackageListEntry[] | undefined;
  /** Relations as written (see parseDependencies), by field; only those that are there. */
  readonly relations: Readonly<Partial<Record<RelationField, string>>>;
  readonly files: readonly Sha256File[];
  /** All fields. */
  readonly stanza: Stanza;
}

export const RELATION_FIELDS = [
  "Build-Depends",
  "Build-Depends-Indep",
  "Build-Depends-Arch",
  "Build-Conflicts",
  "Build-Conflicts-Indep",
  "Build-Conflicts-Arch",
] as const;
export type RelationField = (typeof RELATION_FIELDS)[number];

const FORMATS: readonly DscFormat[] = ["1.0", "3.0 (native)", "3.0 (quilt)"];
const MAX_LENGTH = 4 * 1024 * 1024;

/**
 * Reads the text of a .dsc; a signature around it is taken off, not verified (the sum in the signed .changes or the
 * index vouches for the bytes). `what` names the file in messages. @throws FormatError
 */
export function parseDsc(text: string, what = "dsc file"): Dsc {
  const payload = unwrapClearsigned(text, what);
  const stanza = parseStanza(payload, { what, maxLength: MAX_LENGTH });
  const format = readFormat(stanza);
  const source = readSource(stanza);
  const version = readVersion(stanza);
  return {
    format,
    source,
    version,
    architectures: readArchitectures(stanza),
    binaries: (stanza.get("Binary") ?? "").split(/[\s,]+/).filter((name) => name !== ""),
    packageList: readPackageList(stanza),
    relations: readRelations(stanza),
    files: readFiles(stanza, { format, source, version }),
    stanza,
  };
}

/** Component of a section: the text before its `/`, else `main`. */
export function componentOfSection(section: string): string {
  const slash = section.indexOf("/");
  return slash < 0 ? "main" : section.slice(0, slash);
}

/**
 * Component of a source package. A .dsc does not hold the section of the source: the .changes does, in the line of
 * the .dsc in its `Files` list, to be given as `listedSection`. Without it the .dsc's own `Section` field counts
 * (in a `Sources` index), else the first package it builds.
 */
export function componentOfDsc(dsc: Dsc, listedSection?: string): string {
  const section = listedSection ?? dsc.stanza.get("Section") ?? dsc.packageList?.[0]?.section ?? "";
  return componentOfSection(section);
}

function readFormat(stanza: Stanza): DscFormat {
  const text = stanza.getLine("Format");
  const format = FORMATS.find((known) => known === text);
  if (format !== undefined) return format;
  throw formatError(stanza.place("Format"), `${quote(text)} is not supported, only ${FORMATS.join(", ")}`);
}

function readPackageList(stanza: Stanza): PackageListEntry[] | undefined {
  const value = stanza.get("Package-List");
  return value === undefined ? undefined : parsePackageList(value, stanza.place("Package-List"));
}

function readRelations(stanza: Stanza): Partial<Record<RelationField, string>> {
  const relations: Partial<Record<RelationField, string>> = {};
  for (const field of RELATION_FIELDS) {
    const value = stanza.get(field);
    if (value !== undefined) relations[field] = value;
  }
  return relations;
}

function readFiles(
  stanza: Stanza,
  dsc: { format: DscFormat; source: string; version: string },
): Sha256File[] {
  const place = stanza.place("Checksums-Sha256");
  const files = parseChecksumsSha256(stanza.getRequired("Checksums-Sha256"), place);
  const md5 = stanza.get("Files");
  if (md5 !== undefined) {
    checkSameFiles(files, parseDscFiles(md5, stanza.place("Files")), { what: stanza.what });
  }
  checkDscFiles({ ...dsc, names: files.map((file) => file.name) }, place);
  return files;
}
