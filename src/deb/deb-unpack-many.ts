import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import type { Compression } from "./deb-members.ts";
import { xzUnpackedBytes, zstdMostBytes } from "./frame-walk.ts";

/** One packed member. */
export interface Packed {
  readonly compression: Compression;
  readonly bytes: Buffer;
}

/** Larger ones are worth a stream and a process of their own. */
const MAX_UNPACKED_BYTES = 4 * 1024 * 1024;
/** What one process may give. */
const MAX_BATCH_BYTES = 64 * 1024 * 1024;
const TIME_MS = 60_000;

/**
 * Unpacks many small members: gzip in this process, all of xz by one process and all of zstd by another, which costs
 * a hundredth of a process for each. A member that is large, or anything but right, is undefined in the result: who
 * needs it reads it alone, and learns the reason.
 */
export async function unpackMany(members: readonly Packed[]): Promise<(Buffer | undefined)[]> {
  const unpacked: (Buffer | undefined)[] = members.map(unpackHere);
  await Promise.all([unpackXz(members, unpacked), unpackZstd(members, unpacked)]);
  return unpacked;
}

function unpackHere({ compression, bytes }: Packed): Buffer | undefined {
  if (compression === "none") return bytes;
  if (compression !== "gz") return undefined;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch {
    return undefined;
  }
}

/** xz streams may follow one another, and their framing tells how long each becomes: so the output is taken apart. */
async function unpackXz(members: readonly Packed[], unpacked: (Buffer | undefined)[]): Promise<void> {
  let batch: { index: number; bytes: Buffer; size: number }[] = [];
  let batchBytes = 0;
  const run = async () => {
    const list = batch;
    const total = batchBytes;
    batch = [];
    batchBytes = 0;
    if (list.length === 0) return;
    const output = await runTool(
      XZ,
      list.map(({ bytes }) => bytes),
      total,
    );
    if (output?.length !== total) return;
    let at = 0;
    for (const { index, size } of list) {
      unpacked[index] = output.subarray(at, at + size);
      at += size;
    }
  };
  for (const [index, { compression, bytes }] of members.entries()) {
    const size = compression === "xz" ? xzUnpackedBytes(bytes) : undefined;
    if (size === undefined || size > MAX_UNPACKED_BYTES) continue;
    if (batchBytes + size > MAX_BATCH_BYTES) await run();
    batch.push({ index, bytes, size });
    batchBytes += size;
  }
  await run();
}

/** zstd frames need not tell how long they become: a random mark behind each, of which nobody can know, shows it. */
async function unpackZstd(members: readonly Packed[], unpacked: (Buffer | undefined)[]): Promise<void> {
  const list = [...members.entries()].flatMap(([index, { compression, bytes }]) => {
    const most = compression === "zstd" ? zstdMostBytes(bytes) : undefined;
    if (most === undefined || most > MAX_UNPACKED_BYTES) return [];
    return [{ index, bytes, mark: randomBytes(MARK_BYTES) }];
  });
  if (list.length === 0) return;
  const input = list.flatMap(({ bytes, mark }) => [bytes, zstdFrame(mark)]);
  const output = await runTool(ZSTD, input, MAX_BATCH_BYTES);
  if (output === undefined) return;
  let at = 0;
  for (const { index, mark } of list) {
    const end = output.indexOf(mark, at);
    if (end < 0) return;
    unpacked[index] = output.subarray(at, end);
    at = end + MARK_BYTES;
  }
}

const MARK_BYTES = 32;

/** A frame of one raw block (RFC 8878, 3.1.1): single segment with a size of one byte. */
function zstdFrame(content: Buffer): Buffer {
  const block = 1 + content.length * 8;
  return Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, content.length, block & 0xff, block >> 8, 0]),
    content,
  ]);
}

interface Tool {
  readonly program: string;
  readonly args: readonly string[];
}

// Limits of memory as for single members (deb-decompress.ts).
const XZ: Tool = {
  program: "xz",
  args: ["--format=xz", "--decompress", "--stdout", "--threads=1", "--memlimit-decompress=512MiB"],
};
const ZSTD: Tool = {
  program: "zstd",
  args: ["--decompress", "--stdout", "--quiet", "--memory=256MB"],
};

/** The output of a tool; undefined when it fails, gives more than `maxBytes` or takes too long. */
function runTool(tool: Tool, input: readonly Buffer[], maxBytes: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C" };
    const child = spawn(tool.program, tool.args, { stdio: ["pipe", "pipe", "ignore"], env });
    const timer = setTimeout(() => child.kill("SIGKILL"), TIME_MS);
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) child.kill("SIGKILL");
      else chunks.push(chunk);
    });
    const end = (result: Buffer | undefined) => {
      clearTimeout(timer);
      resolve(result);
    };
    child.on("error", () => end(undefined));
    child.on("close", (code) => end(code === 0 ? Buffer.concat(chunks) : undefined));
    // A tool that gives up closes its end early; its exit status tells.
    child.stdin.on("error", () => child.stdin.destroy());
    child.stdin.end(Buffer.concat(input));
  });
}
