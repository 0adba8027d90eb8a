import { spawn } from "node:child_process";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { exists, type Home, hasCode } from "#platform";
import { keptAttempts, keptDir, logFileName, workDirOf } from "./kept-files.ts";
import { type CheckTool, checkLogName, WORK_FILES } from "./runner/task.ts";

/** Names one build for its log. */
export interface LogPlace {
  readonly home: Home;
  readonly buildId: number;
  readonly bkey: string;
  /** A check with a log of its own; without, it is the log of the build itself. */
  readonly tool?: CheckTool | undefined;
  /** An earlier attempt, by the number that its kept log has; without, it is the log of the build. */
  readonly attempt?: number | undefined;
  /** A worker is at the build: its log is the one that is being written, not that of an earlier attempt. */
  readonly working?: boolean;
}

export interface LogPart {
  /** Raw bytes from `offset` on: as they were printed, in any encoding. */
  readonly stream: Readable;
  /** Whether more may come: the build still runs. */
  readonly live: boolean;
  /** Bytes there are now; null for a kept log, which is compressed. */
  readonly sizeBytes: number | null;
}

/**
 * The log of a build from a byte offset on, up to what is there now: from the work directory while the build runs, else
 * the kept one, else (it waits, or ended while it waited) that of its newest attempt. Undefined: there is none. Destroy
 * the stream to stop early.
 */
export async function openLog(place: LogPlace, offset = 0): Promise<LogPart | undefined> {
  const live = place.attempt === undefined ? await openIfPresent(livePath(place)) : undefined;
  if (live !== undefined) return await livePart(live, offset);
  const kept = await keptPath(place);
  return kept === undefined ? undefined : { stream: unpacked(kept, offset), live: false, sizeBytes: null };
}

async function livePart(log: FileHandle, offset: number): Promise<LogPart> {
  const { size } = await log.stat();
  if (offset < size) {
    return { stream: log.createReadStream({ start: offset, end: size - 1 }), live: true, sizeBytes: size };
  }
  await log.close();
  return { stream: Readable.from([], { objectMode: false }), live: true, sizeBytes: size };
}

/** Opened at once: the work directory may go at any moment, and what is open is still there. */
async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function keptPath(place: LogPlace): Promise<string | undefined> {
  const path = (attempt?: number): string =>
    join(keptDir(place.home, place.bkey), logFileName(logName(place), attempt));
  const own = path(place.attempt);
  if (await exists(own)) return own;
  if (place.attempt !== undefined || place.working === true) return undefined;
  const [newest] = await keptAttempts(place.home, place.bkey);
  return newest !== undefined && (await exists(path(newest))) ? path(newest) : undefined;
}

const LOOK_MS = 300;
const CHUNK_BYTES = 64 * 1024;

/** The same, and goes on with what is printed until the build has ended or the signal is aborted. */
export async function* followLog(
  place: LogPlace,
  offset: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  let at = offset;
  while (!signal.aborted) {
    const chunk = await readChunk(livePath(place), at);
    if (chunk === undefined) break;
    at += chunk.length;
    if (chunk.length > 0) yield chunk;
    else await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
  if (signal.aborted) return;
  // The work directory is gone, the kept log was there before: what is left of it.
  const rest = await openLog(place, at);
  if (rest === undefined) return;
  for await (const chunk of rest.stream as AsyncIterable<Buffer>) yield chunk;
}

function livePath(place: LogPlace): string {
  return join(workDirOf(place.home, place.buildId), logName(place));
}

function logName({ tool }: LogPlace): string {
  return tool === undefined ? WORK_FILES.log : checkLogName(tool);
}

async function readChunk(path: string, offset: number): Promise<Buffer | undefined> {
  const handle = await openIfPresent(path);
  if (handle === undefined) return undefined;
  try {
    // Shorter than what was read: another attempt has begun.
    if ((await handle.stat()).size < offset) return undefined;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function unpacked(path: string, offset: number): Readable {
  const child = spawn("zstd", ["-dcq", path], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { PATH: "/usr/bin:/bin" },
  });
  let toSkip = offset;
  const skip = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const from = Math.min(toSkip, chunk.length);
      toSkip -= from;
      done(null, chunk.subarray(from));
    },
  });
  child.on("error", (error) => skip.destroy(error));
  child.on("close", (code) => {
    // Ended early because nobody reads any more is fine; a broken file is not.
    if (code !== 0 && !skip.destroyed) skip.destroy(new Error(`${path} cannot be unpacked`));
  });
  skip.on("close", () => child.kill());
  child.stdout.on("error", (error) => skip.destroy(error));
  child.stdout.pipe(skip, { end: false });
  child.on("close", (code) => {
    if (code === 0) skip.end();
  });
  return skip;
}
