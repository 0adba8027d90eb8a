import { addAbortSignal } from "node:stream";
import { type Decompress, decompress } from "./deb-decompress.ts";
import { DEFAULT_DEB_LIMITS, type DebLimits } from "./deb-limits.ts";
import { type Compression, type DebMember, readDebMembers } from "./deb-members.ts";
import { cleanPath } from "./deb-paths.ts";
import { type ByteSource, debError, showName, streamRange, withFileSource } from "./deb-source.ts";
import { parseStanza } from "./deb822.ts";
import { FormatError } from "./errors.ts";
import type { Stanza } from "./stanza.ts";
import { readTar, type TarEntry, type TarVisitor } from "./tar-read.ts";

export interface ReadDebOptions {
  /** What messages call the file; the last part of the path if absent. */
  readonly fileName?: string;
  /** False: the data member is found and its signature checked, but not unpacked. Default true. */
  readonly withPaths?: boolean;
  readonly limits?: Partial<DebLimits>;
  readonly decompress?: Decompress;
  readonly signal?: AbortSignal;
}

export interface DebContents {
  readonly fileName: string;
  /** Names of all ar members in their order. */
  readonly memberNames: string[];
  /** Text of the file `control`, valid UTF-8. */
  readonly control: string;
  /** The same as fields, none twice; which there are and what they hold is for `checkControl`. */
  readonly stanza: Stanza;
  /** Names of the files of the control member, `control` too, in their order. */
  readonly controlFiles: string[];
  /**
   * Paths of the data member without leading `./`, without directories, each once, in their order. Bytes that
   * are not UTF-8 are kept, see deb-paths.ts. Empty without `withPaths`.
   */
  readonly paths: string[];
  readonly controlCompression: Compression;
  readonly dataCompression: Compression;
  /** Size of the unpacked data.tar; null without `withPaths`. */
  readonly dataSizeBytes: number | null;
}

interface Reading {
  readonly source: ByteSource;
  readonly limits: DebLimits;
  readonly decompress: Decompress;
  readonly signal: AbortSignal;
}

/**
 * Reads a .deb, .udeb or .ddeb after deb(5) in bounded memory. Rejects with a FormatError of one sentence naming
 * file and reason for everything that dpkg or APT could stumble over; with other errors if the machine fails
 * (file not there, program xz missing) and with the reason of `signal` when it is aborted.
 */
export async function readDeb(file: string | ByteSource, options: ReadDebOptions = {}): Promise<DebContents> {
  if (typeof file !== "string") return readSource(file, options);
  return withFileSource(file, options.fileName, (source) => readSource(source, options));
}

async function readSource(source: ByteSource, options: ReadDebOptions): Promise<DebContents> {
  const limits = { ...DEFAULT_DEB_LIMITS, ...options.limits };
  const deadline = AbortSignal.timeout(limits.timeMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  const reading: Reading = { source, limits, decompress: options.decompress ?? decompress, signal };
  try {
    return await readMembers(reading, options.withPaths ?? true);
  } catch (error) {
    if (!signal.aborted || error instanceof FormatError) throw error;
    if (!deadline.aborted) throw signal.reason;
    throw debError(source.name, `takes longer to read than the limit of ${limits.timeMs / 1000} s`);
  }
}

async function readMembers(reading: Reading, withPaths: boolean): Promise<DebContents> {
  const members = await readDebMembers(reading.source);
  const control = await readControlMember(reading, members.control);
  const data = withPaths ? await readDataMember(reading, members.data) : { paths: [], sizeBytes: null };
  return {
    fileName: reading.source.name,
    memberNames: members.names,
    ...control,
    paths: data.paths,
    controlCompression: members.control.compression,
    dataCompression: members.data.compression,
    dataSizeBytes: data.sizeBytes,
  };
}

async function readControlMember(reading: Reading, member: DebMember) {
  const { limits } = reading;
  const chunks: Uint8Array[] = [];
  const names = new Set<string>();
  const fail = memberError(reading, member);
  await unpack(reading, member, limits.controlBytes, (entry) => {
    const name = controlFileName(entry, fail);
    if (name === "") return undefined;
    if (names.has(name)) throw fail(`has two files "${showName(name)}"`);
    names.add(name);
    if (name !== "control") return undefined;
    if (entry.sizeBytes > limits.stanzaBytes)
      throw fail(`has a control file of ${entry.sizeBytes} bytes, too much`);
    return (chunk) => chunks.push(chunk);
  });
  if (!names.has("control")) throw fail('has no file "control"');
  const control = decodeControl(Buffer.concat(chunks), fail);
  const stanza = parseStanza(control, { what: `${showName(reading.source.name)} (control)` });
  return { control, stanza, controlFiles: [...names] };
}

/** The name of a file of the control member, empty for the directory itself. deb(5): "a series of plain files". */
function controlFileName(entry: TarEntry, fail: (reason: string) => Error): string {
  const cleaned = cleanPath(entry.name);
  if ("bad" in cleaned) throw fail(`has the path "${showName(entry.name)}", which ${cleaned.bad}`);
  const { path } = cleaned;
  if (path === "" && entry.type === "directory") return "";
  const shown = showName(entry.name);
  if (path.includes("/") || entry.type === "directory") throw fail(`has the directory or path "${shown}"`);
  // Equal maintainer scripts may be stored as hard links of one another.
  const allowed = entry.type === "file" || (entry.type === "link" && path !== "control");
  if (path === "" || !allowed) throw fail(`has "${shown}" as ${entry.type}, not as plain file`);
  return path;
}

function decodeControl(bytes: Buffer, fail: (reason: string) => Error): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    if (text.includes("\0")) throw fail("has a control file with NUL bytes");
    return text;
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw fail("has a control file that is not UTF-8"); // Policy 5.1
  }
}

async function readDataMember(reading: Reading, member: DebMember) {
  const fail = memberError(reading, member);
  const paths = new Set<string>();
  let listBytes = 0;
  const sizeBytes = await unpack(reading, member, reading.limits.dataBytes, (entry) => {
    const path = checkedPath(entry.name, fail);
    if (entry.type === "link") checkedPath(entry.linkName ?? "", fail);
    if (entry.type === "directory") return undefined;
    if (path === "") throw fail(`has "${showName(entry.name)}" as ${entry.type}, not as directory`);
    listBytes += path.length;
    if (listBytes > reading.limits.listBytes) throw fail("has too long a list of paths");
    paths.add(path);
    return undefined;
  });
  return { paths: [...paths], sizeBytes };
}

function checkedPath(name: string, fail: (reason: string) => Error): string {
  const cleaned = cleanPath(name);
  if ("bad" in cleaned) throw fail(`has the path "${showName(name)}", which ${cleaned.bad}`);
  return cleaned.path;
}

/** Unpacks a member and shows its entries to `visit`. Returns the size of the unpacked tar archive. */
async function unpack(
  reading: Reading,
  member: DebMember,
  limitBytes: number,
  visit: TarVisitor,
): Promise<number> {
  const { source, limits, signal } = reading;
  signal.throwIfAborted();
  const fail = memberError(reading, member);
  const input = streamRange(source, member.offset, member.sizeBytes);
  const output = addAbortSignal(signal, reading.decompress(member.compression, input));
  const most = Math.min(limitBytes, Math.max(limits.ratio * member.sizeBytes, 1024 * 1024));
  let sizeBytes = 0;
  let entries = 0;
  async function* counted() {
    for await (const chunk of readChunks(output, source.name, fail)) {
      sizeBytes += chunk.length;
      if (sizeBytes > most) throw fail(`unpacks to more than ${most} bytes`);
      yield chunk;
    }
  }
  try {
    await readTar(counted(), { nameBytes: limits.pathBytes, entryBytes: most, fail }, (entry) => {
      entries += 1;
      if (entries > limits.entries) throw fail(`has more than ${limits.entries} entries`);
      if (entry.name.length > limits.pathBytes)
        throw fail(`has a name of more than ${limits.pathBytes} bytes`);
      return visit(entry);
    });
  } finally {
    output.destroy();
    input.destroy();
  }
  return sizeBytes;
}

/** The chunks of a decompressor, whose complaints about the data get the name of file and member. */
async function* readChunks(output: AsyncIterable<Buffer>, fileName: string, fail: (reason: string) => Error) {
  try {
    for await (const chunk of output) yield chunk;
  } catch (error) {
    if (!(error instanceof FormatError) || error.what === fileName) throw error;
    throw fail(`cannot be unpacked (${showName(error.message)})`);
  }
}

function memberError(reading: Reading, member: DebMember): (reason: string) => FormatError {
  return (reason) => debError(reading.source.name, `${member.name} ${reason}`);
}
