import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Exec, execOk } from "#platform";
import type { Digests } from "./release-file.ts";

/** Sums beside SHA-256 and size. */
export interface WeakSums {
  readonly md5: boolean;
  readonly sha1: boolean;
}

/** Takes pieces in, gives sums out. */
export function createDigester(weak: WeakSums): {
  update(piece: string | Uint8Array): void;
  digests(): Digests;
} {
  const sha256 = createHash("sha256");
  const md5 = weak.md5 ? createHash("md5") : undefined;
  const sha1 = weak.sha1 ? createHash("sha1") : undefined;
  let sizeBytes = 0;
  return {
    update(piece) {
      sizeBytes += typeof piece === "string" ? Buffer.byteLength(piece) : piece.length;
      for (const hash of [sha256, md5, sha1]) hash?.update(piece);
    },
    digests: () => ({
      sizeBytes,
      sha256: sha256.digest("hex"),
      ...(md5 === undefined ? {} : { md5: md5.digest("hex") }),
      ...(sha1 === undefined ? {} : { sha1: sha1.digest("hex") }),
    }),
  };
}

export function digestPieces(pieces: Iterable<string>, weak: WeakSums): Digests {
  const digester = createDigester(weak);
  for (const piece of pieces) digester.update(piece);
  return digester.digests();
}

/** Sums of a file, read as a stream. */
export async function digestFile(path: string, weak: WeakSums): Promise<Digests> {
  const digester = createDigester(weak);
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) digester.update(chunk);
  return digester.digests();
}

const PIECE_LENGTH = 1024 * 1024;

/** Writes a file from pieces of text, about a mebibyte at a time. */
export async function writePieces(path: string, pieces: Iterable<string>): Promise<void> {
  const handle = await open(path, "wx", 0o644);
  try {
    let pending = "";
    for (const piece of pieces) {
      pending += piece;
      if (pending.length < PIECE_LENGTH) continue;
      await handle.write(pending);
      pending = "";
    }
    if (pending !== "") await handle.write(pending);
  } finally {
    await handle.close();
  }
}

/** `<path>.gz` beside the file. The same bytes for the same content: node writes neither name nor time (RFC 1952). */
export async function gzipBeside(path: string): Promise<void> {
  await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.gz`, { flags: "wx" }));
}

/** `<path>.xz` beside each file, by one process with one thread: more threads write other bytes. */
export async function xzBeside(exec: Exec, paths: readonly string[]): Promise<void> {
  if (paths.length > 0) await execOk(exec, "xz", ["-T1", "--keep", "--", ...paths]);
}

/** Makes content durable. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
