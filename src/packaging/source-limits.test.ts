import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { exec, homeAt } from "#platform";
import type { SourceLimits } from "./source-limits.ts";
import { createSourceTool } from "./source-sandbox.ts";

vi.setConfig({ testTimeout: 30_000 });

let root: string;
let work: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "mbd-limits-"));
  work = join(root, "work", "port-1");
  await mkdir(join(work, "tree"), { recursive: true });
});
afterEach(() => rm(root, { recursive: true }));

const MIB = 1024 ** 2;
const GROW = "while :; do dd if=/dev/zero of=big bs=1M count=1 oflag=append conv=notrunc status=none; done";

/** Runs a shell line in the sandbox under changed limits. */
function run(limits: Partial<SourceLimits>, line: string, signal?: AbortSignal) {
  const tool = createSourceTool(exec, homeAt(root), { freeBytes: 0, lookMs: 20, ...limits });
  return tool(work, "tree", ["sh", "-c", line], signal);
}

test.each<[string, Partial<SourceLimits>, string, RegExp]>([
  ["much", { bytes: 20 * MIB }, GROW, /more than 20971520 bytes/],
  [
    "much where we may not look",
    { bytes: 20 * MIB },
    `mkdir shut; cd shut; chmod 0 ../shut; ${GROW}`,
    /more than 20971520 bytes/,
  ],
  ["many files", { files: 300 }, "i=0; while :; do i=$((i+1)); : >$i; done", /more than 300 files/],
  [
    "all the room on the disk",
    { freeBytes: Number.MAX_SAFE_INTEGER },
    "sleep 60",
    /would be left on the disk/,
  ],
  ["too long", { timeoutMs: 600 }, "sleep 60", /took more than 0.01 minutes/],
])("a tool that takes %s is ended", async (_what, limits, line, reason) => {
  await expect(run(limits, line)).rejects.toMatchObject({
    code: "source_too_large",
    message: expect.stringMatching(reason) as string,
  });
});

test("what ended between two looks is looked at", async () => {
  const lines = "head -c 30M /dev/zero >big";

  await expect(run({ bytes: 20 * MIB, lookMs: 60_000 }, lines)).rejects.toMatchObject({
    code: "source_too_large",
  });
});

test("what is within the limits is left alone", async () => {
  const { stdout } = await run({ bytes: 20 * MIB, files: 300 }, "head -c 10M /dev/zero >big; echo done");

  expect(stdout).toBe("done\n");
});

test("a tool ends with its job", async () => {
  const job = new AbortController();
  const ended = run({}, "sleep 60", job.signal);

  job.abort();

  await expect(ended).rejects.toMatchObject({ code: "tool_failed" });
});
