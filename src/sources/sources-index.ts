import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { Executor } from "#db";
import { decompress, parseChecksumsSha256, type Sha256File, type Stanza, streamStanzas } from "#deb";
import { errorText, exists, MbdError, temporaryName, unlinkIfPresent } from "#platform";
import { type ArchiveCheckDeps, checkArchive, isGood } from "./archive-check.ts";
import type { IndexFile, ReleaseFile } from "./release-file.ts";
import { listSources, type Source, sourceName } from "./source-store.ts";

/** A .dsc as a verified Sources index lists it. */
export interface IndexedDsc {
  readonly sha256: string;
  readonly size: number;
  /** All files of the source package, the .dsc too. */
  readonly files: readonly Sha256File[];
  /** "Debian bookworm" */
  readonly source: string;
}

export interface SourcesIndex {
  /**
   * Looks a .dsc up in the Sources indices of all sources that have an archive above its URL.
   * @throws MbdError source_unusable when one of these could not be read and none of the others lists it
   */
  find(db: Executor, url: string): Promise<IndexedDsc | undefined>;
}

const MAX_PACKED_BYTES = 128 * 1024 * 1024;
const MAX_UNPACKED_BYTES = 1024 * 1024 * 1024;
const TIMEOUT_MS = 300_000;
const KEEP_MS = 30 * 24 * 3_600_000;
const FORMATS = [
  [".xz", "xz"],
  [".gz", "gz"],
  ["", "none"],
] as const;

type Deps = ArchiveCheckDeps & { readonly dir: string };

/** @param deps.dir where what was read is kept: one file per index, a line `path<TAB>files as JSON` per source package */
export function createSourcesIndex(deps: Deps): SourcesIndex {
  return {
    async find(db, url) {
      const problems: string[] = [];
      for (const source of await listSources(db)) {
        const archive = source.archives.find((base) => url.startsWith(base));
        if (archive === undefined) continue;
        const found = await findIn(deps, source, archive, decodePath(url.slice(archive.length)), problems);
        if (found !== undefined) return found;
      }
      if (problems.length === 0) return undefined;
      throw new MbdError("source_unusable", { source: url, reason: problems.join("; ") });
    },
  };
}

async function findIn(
  deps: Deps,
  source: Source,
  archive: string,
  path: string,
  problems: string[],
): Promise<IndexedDsc | undefined> {
  const result = await checkArchive(deps, source, archive);
  if (!isGood(result)) {
    problems.push(`${sourceName(source)}: ${result.reason}`);
    return undefined;
  }
  for (const component of likelyComponents(source, path)) {
    const listed = indexOf(result.release, component);
    if (listed === undefined) continue;
    const cached = join(deps.dir, `${listed.file.sha256}.tsv`);
    if (await exists(cached)) await utimes(cached, deps.clock.now(), deps.clock.now());
    else await load(deps, `${archive}dists/${source.codename}/`, listed, result.release, cached);
    const files = await lookUp(cached, path);
    const dsc = files?.find((file) => path.endsWith(`/${file.name}`));
    if (files !== undefined && dsc !== undefined) {
      return { sha256: dsc.sha256, size: dsc.size, files, source: sourceName(source) };
    }
  }
  return undefined;
}

/** The pool path names the component; where it does not, all are looked through. */
function likelyComponents(source: Source, path: string): readonly string[] {
  const named = source.components.filter((name) => path.includes(`/${name}/`));
  return named.length > 0 ? named : source.components;
}

interface ListedIndex {
  readonly name: string;
  readonly file: IndexFile;
  readonly format: "xz" | "gz" | "none";
}

function indexOf(release: ReleaseFile, component: string): ListedIndex | undefined {
  for (const [ending, format] of FORMATS) {
    const name = `${component}/source/Sources${ending}`;
    const file = release.sha256.get(name);
    if (file !== undefined) return { name, file, format };
  }
  return undefined;
}

/** Fetches an index, believes it only by its hash, and keeps the lines that are needed. */
async function load(
  deps: Deps,
  directory: string,
  listed: ListedIndex,
  release: ReleaseFile,
  cached: string,
): Promise<void> {
  const packed = await fetchIndex(deps, directory, listed, release);
  const stream = decompress(listed.format, Readable.from([packed]));
  await mkdir(deps.dir, { recursive: true });
  await removeUnused(deps);
  const temporary = temporaryName(cached);
  const handle = await open(temporary, "wx");
  try {
    const lines: string[] = [];
    for await (const stanza of streamStanzas(limited(stream), { what: directory + listed.name })) {
      lines.push(...linesOf(stanza));
      if (lines.length > 1000) await handle.write(lines.splice(0).join(""));
    }
    await handle.write(lines.join(""));
  } finally {
    await handle.close();
  }
  await rename(temporary, cached);
}

async function fetchIndex(
  deps: Deps,
  directory: string,
  { name, file }: ListedIndex,
  release: ReleaseFile,
): Promise<Buffer> {
  const byHash = `${name.slice(0, name.lastIndexOf("/"))}/by-hash/SHA256/${file.sha256}`;
  let reason = "";
  for (const path of release.acquireByHash ? [byHash, name] : [name]) {
    const limits = { maxBytes: Math.min(file.sizeBytes, MAX_PACKED_BYTES), timeoutMs: TIMEOUT_MS };
    try {
      const { status, body } = await deps.fetch(directory + path, limits);
      if (status === 200 && createHash("sha256").update(body).digest("hex") === file.sha256) return body;
      reason = status === 200 ? "it is not what the Release file lists" : `the server answered ${status}`;
    } catch (error) {
      reason = errorText(error);
    }
  }
  throw new MbdError("source_unusable", { source: directory + name, reason });
}

/** What is in the index of a source package: path of each .dsc and the files beside it. */
function linesOf(stanza: Stanza): string[] {
  const place = stanza.place("Checksums-Sha256");
  const files = parseChecksumsSha256(stanza.get("Checksums-Sha256") ?? "", place);
  const directory = stanza.getLine("Directory");
  const dscs = files.filter((file) => file.name.endsWith(".dsc"));
  return dscs.map((dsc) => `${directory}/${dsc.name}\t${JSON.stringify(files)}\n`);
}

async function lookUp(cached: string, path: string): Promise<Sha256File[] | undefined> {
  const start = `${path}\t`;
  const lines = createInterface({
    input: createReadStream(cached, "utf8"),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  for await (const line of lines) {
    if (line.startsWith(start)) return JSON.parse(line.slice(start.length)) as Sha256File[];
  }
  return undefined;
}

/** File names of archives are ASCII; unlike decodeURIComponent this cannot fail. */
function decodePath(path: string): string {
  return path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

async function* limited(stream: Readable): AsyncGenerator<Buffer, void, undefined> {
  let sizeBytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_UNPACKED_BYTES)
      throw new Error(`an index is longer than ${MAX_UNPACKED_BYTES} bytes`);
    yield chunk;
  }
}

async function removeUnused(deps: Deps): Promise<void> {
  const before = deps.clock.now().getTime() - KEEP_MS;
  for (const name of await readdir(deps.dir)) {
    const path = join(deps.dir, name);
    if ((await stat(path)).mtimeMs < before) await unlinkIfPresent(path);
  }
}
