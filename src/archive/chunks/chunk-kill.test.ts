import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hasCode } from "#platform";
import { bundleProgram } from "#testing";
import { createTestStore, type TestStore } from "./chunks-support.ts";

const HEX = /^[0-9a-f]{64}$/;
let here: TestStore;

beforeEach(() => {
  here = createTestStore();
});
afterEach(() => here.remove());

/** All paths in the store, which may change meanwhile. */
function paths(): string[] {
  const below = (dir: string): string[] => {
    try {
      return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => [
        join(dir, entry.name),
        ...(entry.isDirectory() ? below(join(dir, entry.name)) : []),
      ]);
    } catch (error) {
      if (hasCode(error, "ENOENT")) return [];
      throw error;
    }
  };
  return below(here.dir);
}

function records(): string[] {
  return paths()
    .map((path) => basename(path))
    .filter((name) => HEX.test(name))
    .sort();
}

/** What is neither a record nor the directory of some. */
function unfinished(): string[] {
  return paths().filter((path) => !/^([0-9a-f]{2}|[0-9a-f]{64})$/.test(basename(path)));
}

/** Runs the program and kills it when it has kept something, while something of that ending is being written. */
async function killAt(program: string, run: string, ending: string): Promise<void> {
  const before = new Set(unfinished());
  const kept = records().length;
  const child = spawn(process.execPath, [program, here.dir, run], { stdio: ["ignore", "ignore", "inherit"] });
  const closed = once(child, "close");
  while (records().length === kept) await setTimeout(1);
  while (!unfinished().some((path) => path.endsWith(ending) && !before.has(path))) await setTimeout(1);
  child.kill("SIGKILL");
  expect(await closed).toEqual([null, "SIGKILL"]);
}

test("killed in the middle of writing, a store holds whole chunks and leftovers that go", {
  timeout: 120_000,
}, async () => {
  const program = await bundleProgram("src/archive/chunks/keep-program.ts", here.base);

  for (const ending of [".new", "texts", "texts.xz", ".new"]) await killAt(program, `run${ending}`, ending);

  const whole = records();
  const unknown = { textBytes: 1, gzBytes: 1, xzBytes: 1, xzUnpaddedBytes: 1 };
  for (const sha256 of whole) {
    const text = await here.store.text({ sha256, ...unknown });
    expect(
      createHash("sha256")
        .update(text ?? "")
        .digest("hex"),
    ).toBe(sha256);
  }
  const tomorrow = new Date(Date.now() + 25 * 3600 * 1000);
  expect(await here.store.collect(new Set(whole), 0, tomorrow)).toBe(0);
  expect(unfinished()).toEqual([]);
  expect(here.files()).toEqual(whole);
});
