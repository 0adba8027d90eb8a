import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { decompress, FormatError, parseChecksumsSha256, type Stanza, streamStanzas } from "#deb";
import { MbdError } from "#platform";
import type { ReleaseFile } from "#sources";
import { isSafePath, type Remote } from "./remote.ts";

/** A file of a repository, as its index lists it. */
export interface RemoteFile {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface BinaryEntry {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly source: string;
  readonly sourceVersion: string;
  readonly component: string;
  readonly file: RemoteFile;
  /** What the archive says in place of the package itself. */
  readonly overrides: ReadonlyMap<string, string>;
}

export interface SourceEntry {
  readonly name: string;
  readonly version: string;
  readonly component: string;
  readonly section: string;
  readonly priority: string;
  /** The .dsc among them. */
  readonly files: readonly RemoteFile[];
}

const MAX_PACKED_BYTES = 512 * 1024 * 1024;
const MAX_UNPACKED_BYTES = 2 * 1024 ** 3;
const MAX_ENTRIES = 2_000_000;
/** Fields that archives set by lists of their own (dak and reprepro call them overrides). */
const OVERRIDES = ["Section", "Priority", "Tag", "Task"];
const FORMATS = [
  [".xz", "xz"],
  [".gz", "gz"],
  ["", "none"],
] as const;

/** Stanzas of an index that Release lists; none when it lists no such index. @throws MbdError source_unusable, download_failed */
export async function* readIndex(
  remote: Remote,
  release: ReleaseFile,
  directory: string,
  name: string,
): AsyncGenerator<Stanza, void, undefined> {
  const what = `${remote.name} ${directory}${name}`;
  const [format, bytes] = await fetchIndex(remote, release, directory, name);
  if (bytes === undefined) return;
  let count = 0;
  try {
    const unpacked = limited(decompress(format, Readable.from([bytes])), what);
    for await (const stanza of streamStanzas(unpacked, { what })) {
      count += 1;
      if (count > MAX_ENTRIES) throw unusable(what, `it has more than ${MAX_ENTRIES} entries`);
      yield stanza;
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw unusable(what, error.message.replace(/\.$/, ""), error);
  }
}

async function fetchIndex(remote: Remote, release: ReleaseFile, directory: string, name: string) {
  let missing = "";
  for (const [ending, format] of FORMATS) {
    const listed = release.sha256.get(name + ending);
    if (listed === undefined) continue;
    const byHash = `${name.slice(0, name.lastIndexOf("/"))}/by-hash/SHA256/${listed.sha256}`;
    for (const path of release.acquireByHash ? [byHash, name + ending] : [name + ending]) {
      const most = Math.min(listed.sizeBytes, MAX_PACKED_BYTES);
      const stream = await remote.open(directory + path, most);
      if (stream === undefined) continue;
      const bytes = await buffer(stream);
      if (createHash("sha256").update(bytes).digest("hex") === listed.sha256) return [format, bytes] as const;
      throw unusable(`${remote.name} ${directory}${path}`, "it is not what the Release file lists");
    }
    missing = name + ending;
  }
  // Release lists names that need not be there, but one of them must.
  if (missing !== "" && !isEmptyIndex(release, name)) {
    throw unusable(`${remote.name} ${directory}${name}`, "the Release file lists it, but it is not there");
  }
  return ["none", undefined] as const;
}

function isEmptyIndex(release: ReleaseFile, name: string): boolean {
  return release.sha256.get(name)?.sizeBytes === 0;
}

/** @throws MbdError broken_deb */
export function readBinary(stanza: Stanza, component: string): BinaryEntry {
  return inWords(stanza, () => {
    const name = stanza.getLine("Package");
    const version = stanza.getLine("Version");
    const [, source = name, sourceVersion = version] =
      /^([^ ()]+)(?: \(([^ ()]+)\))?$/.exec(stanza.get("Source") ?? "") ?? [];
    const overrides = OVERRIDES.flatMap((field): [string, string][] => {
      const value = stanza.get(field);
      return value === undefined || value === "" ? [] : [[field, value]];
    });
    return {
      name,
      version,
      arch: stanza.getLine("Architecture"),
      source,
      sourceVersion,
      component,
      file: checkedFile(stanza, {
        path: stanza.getLine("Filename").replace(/^(?:\.\/)+/, ""),
        sha256: stanza.getLine("SHA256").toLowerCase(),
        sizeBytes: Number(stanza.getLine("Size")),
      }),
      overrides: new Map(overrides),
    };
  });
}

/** @throws MbdError broken_deb */
export function readSourceEntry(stanza: Stanza, component: string): SourceEntry {
  return inWords(stanza, () => {
    const directory = stanza.getLine("Directory").replace(/^(?:\.\/)+/, "");
    const sums = parseChecksumsSha256(
      stanza.getRequired("Checksums-Sha256"),
      stanza.place("Checksums-Sha256"),
    );
    return {
      name: stanza.getLine("Package"),
      version: stanza.getLine("Version"),
      component,
      section: stanza.get("Section") ?? "",
      priority: stanza.get("Priority") ?? "",
      files: sums.map(({ name, size, sha256 }) =>
        checkedFile(stanza, { path: `${directory}/${name}`, sha256, sizeBytes: size }),
      ),
    };
  });
}

function checkedFile(stanza: Stanza, file: RemoteFile): RemoteFile {
  const isGood =
    isSafePath(file.path) &&
    /^[0-9a-f]{64}$/.test(file.sha256) &&
    Number.isSafeInteger(file.sizeBytes) &&
    file.sizeBytes >= 0;
  if (isGood) return file;
  throw new FormatError(
    `${stanza.what}, line ${stanza.line}: path, size or SHA256 of a file are not acceptable.`,
    {
      what: stanza.what,
    },
  );
}

function inWords<T>(stanza: Stanza, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const reason = error.message
      .slice(error.what.length)
      .replace(/^[:,] /, "")
      .replace(/\.$/, "");
    throw new MbdError(
      "broken_deb",
      { file: stanza.get("Filename") ?? stanza.what, reason },
      { cause: error },
    );
  }
}

async function* limited(stream: Readable, what: string): AsyncGenerator<Buffer, void, undefined> {
  let sizeBytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_UNPACKED_BYTES) {
      throw unusable(what, `it becomes longer than ${MAX_UNPACKED_BYTES} bytes`);
    }
    yield chunk;
  }
}

function unusable(source: string, reason: string, cause?: unknown): MbdError {
  return new MbdError("source_unusable", { source, reason }, cause === undefined ? {} : { cause });
}
