import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { exec } from "#platform";
import { removeWork, sweepPorts } from "./work-dirs.ts";

test("what ports of an earlier daemon left goes, and nothing else", async () => {
  const work = mkdtempSync(join(tmpdir(), "mbd-work-"));
  onTestFinished(() => rmSync(work, { recursive: true }));
  const longAgo = new Date("2024-01-01T00:00:00Z");
  for (const name of ["port-1", "source-a", "17", "port-2"]) {
    mkdirSync(join(work, name, "tree"), { recursive: true });
    if (name !== "port-2") utimesSync(join(work, name), longAgo, longAgo);
  }

  await sweepPorts(exec, { work });

  expect(readdirSync(work).sort()).toEqual(["17", "port-2"]);
});

test("what is closed even to us goes", async () => {
  const work = mkdtempSync(join(tmpdir(), "mbd-work-"));
  const shut = join(work, "shut");
  mkdirSync(join(shut, "deeper"), { recursive: true });
  chmodSync(shut, 0o000);

  await removeWork(exec, work);

  expect(existsSync(work)).toBe(false);
});
