import { FormatError, parseChecksumsSha256, parseStanzas, type Sha256File } from "#deb";

/** What a .changes says it needs, or why that cannot be learnt. */
export type ChangesList =
  | { readonly readable: true; readonly files: readonly Sha256File[] }
  | { readonly readable: false; readonly reason: string };

export interface ReceivedFile {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

export interface Completeness<F extends ReceivedFile> {
  readonly complete: boolean;
  /** The received files that are exactly what is listed. */
  readonly matching: readonly F[];
  readonly missing: readonly string[];
  readonly differing: readonly { readonly name: string; readonly how: string }[];
}

const BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE = "-----BEGIN PGP SIGNATURE-----";
const MAX_NAMED = 10;

/**
 * Learns the `Checksums-Sha256` list of a .changes and believes nothing else. It is more tolerant than verification
 * on purpose: whatever names its files gets there, and is rejected there with the precise reason.
 */
export function readChangesList(text: string, name: string, maxFiles: number): ChangesList {
  try {
    const stanzas = parseStanzas(insideSignature(text), { what: name });
    const stanza = stanzas.find((candidate) => candidate.has("Checksums-Sha256"));
    if (stanza === undefined) return { readable: false, reason: "it has no field Checksums-Sha256" };
    const place = stanza.place("Checksums-Sha256");
    const files = parseChecksumsSha256(stanza.getRequired("Checksums-Sha256"), place);
    if (files.length > maxFiles) {
      return { readable: false, reason: `it lists ${files.length} files; at most ${maxFiles} are allowed` };
    }
    return { readable: true, files };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { readable: false, reason: withoutPlace(error.message, name) };
  }
}

/** Compares a list with what a session holds; of several files with one name any may be the right one. */
export function completeness<F extends ReceivedFile>(
  listed: readonly Sha256File[],
  received: readonly F[],
): Completeness<F> {
  const byName = new Map<string, F[]>();
  for (const file of received) {
    const sameName = byName.get(file.name);
    if (sameName === undefined) byName.set(file.name, [file]);
    else sameName.push(file);
  }
  const matching: F[] = [];
  const missing: string[] = [];
  const differing: { name: string; how: string }[] = [];
  for (const wanted of listed) {
    const candidates = byName.get(wanted.name) ?? [];
    const match = candidates.find((file) => file.size === wanted.size && file.sha256 === wanted.sha256);
    const latest = candidates.at(-1);
    if (match !== undefined) matching.push(match);
    else if (latest === undefined) missing.push(wanted.name);
    else differing.push({ name: wanted.name, how: difference(wanted, latest) });
  }
  return { complete: missing.length === 0 && differing.length === 0, matching, missing, differing };
}

/** `a.dsc is missing, b.tar.xz has 12 bytes instead of 13`, for the error `incomplete`. */
export function describeIncomplete(result: Completeness<ReceivedFile>): string {
  const parts = [
    ...result.missing.map((name) => `${name} is missing`),
    ...result.differing.map(({ name, how }) => `${name} ${how}`),
  ];
  const more = parts.length - MAX_NAMED;
  return [...parts.slice(0, MAX_NAMED), ...(more > 0 ? [`and ${more} more`] : [])].join(", ");
}

function difference(wanted: Sha256File, got: ReceivedFile): string {
  return got.size === wanted.size
    ? `has SHA256 ${got.sha256} instead of ${wanted.sha256}`
    : `has ${got.size} bytes instead of ${wanted.size}`;
}

/** The text between the lines of a clear-signed message (RFC 9580, 7), wherever it begins; else the whole text. */
function insideSignature(text: string): string {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  const begin = lines.findIndex((line) => line.trimEnd() === BEGIN);
  if (begin < 0) return text;
  const start = lines.findIndex((line, index) => index > begin && line.trim() === "");
  const end = lines.findIndex((line, index) => index > start && line.trimEnd() === SIGNATURE);
  if (start < 0) return "";
  return lines
    .slice(start + 1, end < 0 ? undefined : end)
    .map((line) => `${line.replace(/^- /, "")}\n`)
    .join("");
}

/** The name of the file stands in the sentence already that this becomes a part of. */
function withoutPlace(message: string, name: string): string {
  const bare = message.startsWith(name) ? message.slice(name.length).replace(/^[:,] /, "") : message;
  return bare.replace(/\.$/, "");
}
