import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WORK_FILES } from "./runner/task.ts";
import { startRunner } from "./runner-process.ts";

const TASK = { attempt: 1, fence: 1, run: 1 };

let workDir: string;
beforeEach(() => {
  workDir = mkdtempSync(join(tmpdir(), "mbd-start-"));
  mkdirSync(join(workDir, "out"));
});
afterEach(() => rmSync(workDir, { recursive: true }));

/** A runner that is slow, and then takes the build if nobody has it. */
function runner(ms: number): string {
  const path = join(workDir, "runner.mjs");
  writeFileSync(
    path,
    `import { writeFileSync } from "node:fs";
await new Promise((resolve) => setTimeout(resolve, ${ms}));
const claim = { pid: process.pid, started: "x/1", attempt: 1, fence: 1, run: 1 };
try {
  writeFileSync("${join(workDir, WORK_FILES.runner)}", JSON.stringify(claim), { flag: "wx" });
} catch (error) {
  console.error("somebody has it");
  writeFileSync("${join(workDir, "gave-up")}", "");
}
await new Promise((resolve) => setTimeout(resolve, 1000));
`,
  );
  return path;
}

const pidIn = () =>
  (JSON.parse(readFileSync(join(workDir, WORK_FILES.runner), "utf8")) as { pid: number }).pid;

describe("a runner", () => {
  test("has the build when it takes it in time", async () => {
    const claim = await startRunner(runner(0), workDir, TASK);

    expect(claim.pid).toBe(pidIn());
    expect(claim.pid).not.toBe(process.pid);
  });

  test("that does not take it in time cannot take it later", async () => {
    await expect(startRunner(runner(1000), workDir, TASK, 200)).rejects.toMatchObject({
      code: "tool_failed",
    });

    expect(pidIn()).toBe(process.pid);
    await expect.poll(() => readFileSync(join(workDir, "gave-up"), "utf8"), { timeout: 4000 }).toBe("");
  });
});
