import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { gunzipSync } from "node:zlib";
import { type Spread, spreadOf } from "./measure/statistics.ts";
import { ARCHITECTURE, DISTRIBUTIONS, type Peer } from "./peers/peer.ts";

/** What no program can do without when one package changes: hashing the indices, writing and syncing their files. */
export interface Limit {
  readonly packages: number;
  readonly hashedBytes: number;
  readonly writtenBytes: number;
  readonly time: Spread;
}

/**
 * Hashes, writes and syncs the bytes that a publish of one more package hashes, writes and syncs: Packages and Contents
 * of one architecture as text and packed, Release and its signatures. Nothing is compressed or looked up.
 */
export async function measureLimit(peer: Peer, packages: number, dir: string, runs: number): Promise<Limit> {
  const dist = join(peer.root, "dists", DISTRIBUTIONS.first);
  const read = (path: string) => readFile(join(dist, path));
  const packed = [
    await read(`main/binary-${ARCHITECTURE}/Packages.gz`),
    await read(`main/binary-${ARCHITECTURE}/Packages.xz`),
    await read(`main/Contents-${ARCHITECTURE}.gz`),
  ];
  const signed = [await read("Release"), await read("Release.gpg"), await read("InRelease")];
  const texts = packed.filter((_, n) => n !== 1).map((bytes) => gunzipSync(bytes));
  const written = [...packed, ...signed];
  const hashed = [...texts, ...packed];
  const times = Array.from({ length: runs }, () => once(hashed, written, dir));
  return { packages, hashedBytes: sizeOf(hashed), writtenBytes: sizeOf(written), time: spreadOf(times) };
}

function once(hashed: readonly Buffer[], written: readonly Buffer[], dir: string): number {
  const start = performance.now();
  for (const bytes of hashed) createHash("sha256").update(bytes).digest();
  for (const [n, bytes] of written.entries()) {
    const file = openSync(join(dir, `limit-${n}`), "w");
    writeSync(file, bytes);
    fsyncSync(file);
    closeSync(file);
  }
  const ms = performance.now() - start;
  for (const n of written.keys()) rmSync(join(dir, `limit-${n}`));
  return ms;
}

function sizeOf(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, { length }) => sum + length, 0);
}
