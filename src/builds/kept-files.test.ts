import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exists } from "#platform";
import { copyKept, KEPT_LOG, keptDir } from "./kept-files.ts";

const OLD = "hello/2.10-3/20240102T030000Z/source amd64";
const NEW = "hello/2.10-3/20240102T040000Z/source amd64";
let builds: string;
beforeEach(() => {
  builds = mkdtempSync(join(tmpdir(), "mbd-kept-"));
});
afterEach(() => rmSync(builds, { recursive: true }));

test("what is kept of a build is kept under another key, too, however often it is asked for", async () => {
  mkdirSync(keptDir({ builds }, OLD), { recursive: true });
  writeFileSync(join(keptDir({ builds }, OLD), KEPT_LOG), "a log");

  await copyKept({ builds }, OLD, NEW);
  await copyKept({ builds }, OLD, NEW);
  rmSync(keptDir({ builds }, OLD), { recursive: true });

  expect(readFileSync(join(keptDir({ builds }, NEW), KEPT_LOG), "utf8")).toBe("a log");
});

test("nothing kept, nothing made", async () => {
  await copyKept({ builds }, OLD, NEW);

  expect(await exists(keptDir({ builds }, NEW))).toBe(false);
});
