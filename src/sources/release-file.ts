import { parseStanza, type Stanza } from "#deb";

/** What a Release file says (the repository format page, "Release files"). */
export interface ReleaseFile {
  readonly origin: string;
  readonly codename: string;
  readonly suite: string;
  readonly label: string;
  readonly version?: string;
  readonly date: Date;
  readonly validUntil?: Date;
  /** As written, maybe with a prefix such as `updates/`. */
  readonly components: readonly string[];
  /** Without `all`. */
  readonly architectures: readonly string[];
  readonly description: string;
  readonly acquireByHash: boolean;
  /** It lists SHA-256 or SHA-512 sums. */
  readonly strong: boolean;
  /** By name relative to the Release file. */
  readonly sha256: ReadonlyMap<string, IndexFile>;
}

export interface IndexFile {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Reads the signed text of a Release file. @throws FormatError when a field is missing or no date */
export function parseRelease(text: string, what: string): ReleaseFile {
  const stanza = parseStanza(text, { what });
  const words = (field: string): string[] =>
    (stanza.get(field) ?? "").split(/\s+/).filter((word) => word !== "");
  const version = stanza.get("Version");
  const validUntil = stanza.has("Valid-Until") ? dateOf(stanza, "Valid-Until") : undefined;
  return {
    origin: stanza.get("Origin") ?? "",
    codename: stanza.get("Codename") ?? "",
    suite: stanza.get("Suite") ?? "",
    label: stanza.get("Label") ?? "",
    date: dateOf(stanza, "Date"),
    components: words("Components"),
    architectures: words("Architectures").filter((arch) => arch !== "all"),
    description: stanza.get("Description") ?? "",
    acquireByHash: stanza.get("Acquire-By-Hash")?.toLowerCase() === "yes",
    strong: stanza.has("SHA256") || stanza.has("SHA512"),
    sha256: parseSums(stanza.get("SHA256") ?? ""),
    ...(version === undefined ? {} : { version }),
    ...(validUntil === undefined ? {} : { validUntil }),
  };
}

/** RFC 5322 dates in UTC, as apt demands them; anything else would be read in the machine's time zone. */
function dateOf(stanza: Stanza, field: string): Date {
  const text = stanza.getLine(field);
  const date = /(?:UTC|GMT|Z|[+]0000)$/.test(text) ? new Date(text) : new Date(Number.NaN);
  if (!Number.isNaN(date.getTime())) return date;
  throw new Error(`${stanza.what}: '${text}' in field ${field} is no date in UTC`);
}

function parseSums(value: string): Map<string, IndexFile> {
  const sums = new Map<string, IndexFile>();
  for (const line of value.split("\n")) {
    const [, sha256, size, name] = /^\s*([0-9a-f]{64})\s+([0-9]{1,15})\s+(\S+)\s*$/.exec(line) ?? [];
    if (sha256 !== undefined && name !== undefined) sums.set(name, { sha256, sizeBytes: Number(size) });
  }
  return sums;
}
