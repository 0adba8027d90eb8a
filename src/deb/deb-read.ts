import { addAbortSignal } from "node:stream";
import { collectControl, collectPaths } from "./deb-collect.ts";
import { type Decompress, decompress } from "./deb-decompress.ts";
import { DEFAULT_DEB_LIMITS, type DebLimits } from "./deb-limits.ts";
import { type Compression, type DebMember, readDebMembers } from "./deb-members.ts";
import { type ByteSource, debError, showName, streamRange, withFileSource } from "./deb-source.ts";
import { FormatError } from "./errors.ts";
import type { Stanza } from "./stanza.ts";
import { readTar, type TarVisitor } from "./tar-read.ts";

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
  const collector = collectControl(reading.source.name, reading.limits, memberError(reading, member));
  await unpack(reading, member, reading.limits.controlBytes, collector.visit);
  return collector.finish();
}

async function readDataMember(reading: Reading, member: DebMember) {
  const collector = collectPaths(reading.limits, memberError(reading, member));
  const sizeBytes = await unpack(reading, member, reading.limits.dataBytes, collector.visit);
  return { paths: collector.finish(), sizeBytes };
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
