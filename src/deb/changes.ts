import { type ChangesMd5File, checkSameFiles, parseChangesFiles, parseChecksumsSha256 } from "./checksums.ts";
import { parseStanza } from "./deb822.ts";
import { formatError, quote } from "./errors.ts";
import { isArchitectureWord, isSourcePackage } from "./names.ts";
import { decodeMultiline, type Stanza } from "./stanza.ts";
import { checkVersionSyntax } from "./version.ts";

/** A file of an upload; `section` and `priority` as in the `Files` list. */
export interface ChangesFile extends ChangesMd5File {
  readonly sha256: string;
}

/** A .changes file (Policy 5.5). Addresses are raw text such as `Jane Doe <jane@example.org>`. */
export interface Changes {
  readonly format: string;
  readonly source: string;
  readonly version: string;
  /** Words as listed: `source`, `all`, architectures. */
  readonly architectures: readonly string[];
  /** One word, not checked further (see parseDistribution). */
  readonly distribution: string;
  readonly urgency: string | undefined;
  readonly maintainer: string;
  /** `Changed-By`, else the maintainer. */
  readonly changedBy: string;
  /** Who made the version a port was made of (`X-Mini-Buildd-Originally-Changed-By`). */
  readonly originallyChangedBy: string | undefined;
  /** The changelog blocks of this upload, decoded: without the field's leading blanks, no dots for empty lines. */
  readonly changes: string;
  /** In the order of `Checksums-Sha256`. */
  readonly files: readonly ChangesFile[];
  /** All fields. */
  readonly stanza: Stanza;
}

const MAX_LENGTH = 1024 * 1024;
const ADDRESS_FIELDS = ["Changed-By", "X-Mini-Buildd-Originally-Changed-By"] as const;

/**
 * Reads the text of a .changes. `text` is the signed payload (or an unsigned file): a signed message is refused,
 * so that nobody reads around its signature. `what` names the file in messages.
 * @throws FormatError for a missing, repeated or wrong field, and for a second paragraph.
 */
export function parseChanges(text: string, what = "changes file"): Changes {
  const stanza = parseStanza(text, { what, maxLength: MAX_LENGTH, maxStanzaLength: MAX_LENGTH });
  const format = stanza.getLine("Format");
  if (!/^1\.[0-9]{1,3}$/.test(format))
    throw formatError(stanza.place("Format"), `${quote(format)} is not supported`);
  const maintainer = stanza.getLine("Maintainer");
  const [changedBy, originallyChangedBy] = ADDRESS_FIELDS.map((name) =>
    stanza.has(name) ? stanza.getLine(name) : undefined,
  );
  return {
    format,
    source: readSource(stanza),
    version: readVersion(stanza),
    architectures: readArchitectures(stanza),
    distribution: readDistribution(stanza),
    urgency: stanza.get("Urgency"),
    maintainer,
    changedBy: changedBy ?? maintainer,
    originallyChangedBy,
    changes: decodeMultiline(stanza.getRequired("Changes")),
    files: readFiles(stanza),
    stanza,
  };
}

/** The `Source` field of a .changes or .dsc. */
export function readSource(stanza: Stanza): string {
  const source = stanza.getLine("Source");
  if (isSourcePackage(source)) return source;
  throw formatError(stanza.place("Source"), `${quote(source)} is not a valid name of a source package`);
}

/** The `Version` field of a .changes or .dsc. */
export function readVersion(stanza: Stanza): string {
  const version = stanza.getLine("Version");
  const problem = checkVersionSyntax(version);
  if (problem !== undefined) throw formatError(stanza.place("Version"), problem);
  return version;
}

/** The words of the `Architecture` field of a .changes or .dsc. */
export function readArchitectures(stanza: Stanza): string[] {
  const words = stanza
    .getRequired("Architecture")
    .split(/\s+/)
    .filter((word) => word !== "");
  for (const word of words) {
    if (!isArchitectureWord(word)) {
      throw formatError(stanza.place("Architecture"), `${quote(word)} is not an architecture`);
    }
  }
  return words;
}

function readDistribution(stanza: Stanza): string {
  const value = stanza.getRequired("Distribution");
  if (!/\s/.test(value)) return value;
  throw formatError(
    stanza.place("Distribution"),
    `exactly one distribution must be named, but it is ${quote(value)}`,
  );
}

function readFiles(stanza: Stanza): ChangesFile[] {
  const sums = parseChecksumsSha256(stanza.getRequired("Checksums-Sha256"), stanza.place("Checksums-Sha256"));
  const files = parseChangesFiles(stanza.getRequired("Files"), stanza.place("Files"));
  checkSameFiles(sums, files, { what: stanza.what });
  const byName = new Map(files.map((file) => [file.name, file]));
  return sums.flatMap((sum) => {
    const file = byName.get(sum.name);
    return file === undefined ? [] : [{ ...file, sha256: sum.sha256 }];
  });
}
