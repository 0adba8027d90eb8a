import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { type Clock, type Exec, exec } from "#platform";
import { createChunkStore } from "./chunk-store.ts";
import type { ChunkStore } from "./types.ts";

/** A store in a directory of its own, for tests. */
export interface TestStore {
  /** For files of the test. */
  readonly base: string;
  /** Of the store. */
  readonly dir: string;
  readonly store: ChunkStore;
  /** Arguments of the tools that the store ran. */
  readonly ran: string[][];
  readonly pathOf: (sha256: string) => string;
  /** All files below the directory of the store. */
  readonly files: () => string[];
  readonly remove: () => void;
}

export function createTestStore(clock?: Clock): TestStore {
  const base = mkdtempSync(join(tmpdir(), "mbd-chunks-"));
  const dir = join(base, "store");
  const ran: string[][] = [];
  const recording: Exec = (file, args, options) => {
    ran.push([file, ...args]);
    return exec(file, args, options);
  };
  return {
    base,
    dir,
    ran,
    store: createChunkStore({ dir, exec: recording, ...(clock === undefined ? {} : { clock }) }),
    pathOf: (sha256) => join(dir, sha256.slice(0, 2), sha256),
    files: () =>
      readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map(({ name }) => name)
        .sort(),
    remove: () => rmSync(base, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** What a tool prints; fails when it complains. */
export function tool(file: string, ...args: readonly string[]): Buffer {
  return execFileSync(file, args, { maxBuffer: 256 * 1024 * 1024, stdio: ["ignore", "pipe", "pipe"] });
}

/** Text like that of an index; `seed` makes it another one. */
export function stanzas(count: number, seed = 0): Buffer {
  const stanza = (i: number) =>
    `Package: lib${(i * 7919 + seed).toString(36)}\nVersion: ${seed}.${i}-1\nArchitecture: all\nDescription: ${"a word or two ".repeat(i % 9)}\n\n`;
  return Buffer.from(Array.from({ length: count }, (_, i) => stanza(i)).join(""));
}

/** Texts that repeat, bytes at random, one byte. */
export const anyText: fc.Arbitrary<Buffer> = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 300 }), fc.nat(99)).map(([count, seed]) => stanzas(count, seed)),
  fc.uint8Array({ minLength: 1, maxLength: 5000 }).map((bytes) => Buffer.from(bytes)),
  fc.constant(Buffer.from("x")),
);
