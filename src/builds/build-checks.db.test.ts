import { readdirSync } from "node:fs";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { RetryLater } from "#jobs";
import type { QaMode } from "./build-description.ts";
import { BuildResult } from "./build-result.ts";
import { keptDir } from "./kept-files.ts";
import { openLog } from "./live-log.ts";
import type { CheckRun } from "./runner/task.ts";
import { BUILD_ID, openWorkerBench, type WorkerBench } from "./worker-test-support.ts";

let bench: WorkerBench;
afterEach(() => bench.close());

async function open(mode: QaMode, experimental = false): Promise<void> {
  const qa = {
    ...{ experimental, lintian: { mode: "DISABLED" as const, options: [] } },
    ...{ autopkgtest: { mode }, piuparts: { mode } },
  };
  bench = await openWorkerBench({ qa });
  bench.setMode("good");
}

const run = (tool: CheckRun["tool"], change: Partial<CheckRun>): CheckRun => ({
  ...{ tool, exitCode: 0, signal: null, endedBy: null, absent: null, ms: 10 },
  ...change,
});
const TESTS = { "autopkgtest.summary": "smoke FAIL badly\n", "autopkgtest.log": "one\nsmoke FAIL badly\n" };
const PIUPARTS = { "piuparts.log": "0m1.0s INFO: PASS: All tests.\nMBD-PIUPARTS end exit=0\n" };

async function resultOf(): Promise<BuildResult> {
  return BuildResult.parse(JSON.parse((await bench.row()).result ?? "null"));
}

describe("the checks after a build", () => {
  it("are in its result, and their logs are kept and can be read", async () => {
    await open("ERRFAIL");
    bench.setChecks([run("autopkgtest", {}), run("piuparts", {})], {
      "autopkgtest.summary": "smoke PASS\n",
      "autopkgtest.log": "fine\n",
      ...PIUPARTS,
    });

    await bench.handle();

    const row = await bench.row();
    expect(row.state).toBe("BUILT");
    const { qa } = await resultOf();
    expect(qa.autopkgtest).toMatchObject({ mode: "ERRFAIL", result: "PASS", exit: 0, counts: { pass: 1 } });
    expect(qa.piuparts).toMatchObject({ result: "PASS", exit: 0 });
    expect(readdirSync(keptDir(bench.deps.home, row.bkey))).toEqual(
      expect.arrayContaining(["autopkgtest.log.zst", "autopkgtest.summary", "piuparts.log.zst"]),
    );
    const place = { home: bench.deps.home, buildId: BUILD_ID, bkey: row.bkey };
    const log = await openLog({ ...place, tool: "autopkgtest" }, 2);
    expect(log && (await text(log.stream))).toBe("ne\n");
  });

  it.each<[QaMode, boolean, string, string | null]>([
    ["ERRFAIL", false, "FAILED", "qa"],
    ["WARNFAIL", false, "FAILED", "qa"],
    ["IGNORE", false, "BUILT", null],
    ["ERRFAIL", true, "BUILT", null],
  ])(
    "decide as their mode says: tests fail in mode %s, experimental %s: %s",
    async (mode, experimental, state, reason) => {
      await open(mode, experimental);
      bench.setChecks([run("autopkgtest", { exitCode: 4 })], TESTS);

      await bench.handle();

      expect(await bench.row()).toMatchObject({ state, reason });
      const { qa } = await resultOf();
      expect(qa.autopkgtest).toMatchObject({
        result: "FAIL",
        lines: [{ line: 2, text: "smoke FAIL badly" }],
      });
      expect(qa.piuparts.result).toBe("SKIPPED");
      const told = (await bench.told()).find(({ type }) => type === "BUILT");
      expect(told?.data).toMatchObject({
        qa: { autopkgtest: "FAIL", piuparts: "SKIPPED" },
        qaLines: { autopkgtest: ["smoke FAIL badly"] },
      });
    },
  );

  it("keep the results of a build they object to", async () => {
    await open("ERRFAIL");
    bench.setChecks([run("autopkgtest", { exitCode: 4 })], TESTS);

    await bench.handle();

    const { files } = await resultOf();
    expect(files.length).toBeGreaterThan(0);
    for (const { sha256 } of files) expect(await bench.deps.blobs.has(sha256)).toBe(true);
    expect((await bench.row()).message).toBe("autopkgtest objects (FAIL): smoke FAIL badly");
  });

  it("are tried again when a tool could not do its work, and fail the build at the end", async () => {
    await open("ERRFAIL");
    bench.setChecks([run("piuparts", { exitCode: null, absent: "piuparts" })], {});

    for (const attempt of [1, 2]) {
      await expect(bench.handle()).rejects.toThrow(RetryLater);
      expect(await bench.row()).toMatchObject({ state: "QUEUED", attempt });
    }
    await bench.handle();

    const row = await bench.row();
    expect(row).toMatchObject({ state: "FAILED", reason: "qa", attempt: 3 });
    expect(row.message).toContain(
      "piuparts is not installed on this machine; the Debian package piuparts has it",
    );
  });

  it("do not matter when a tool could not do its work and is ignored", async () => {
    await open("IGNORE");
    bench.setChecks([run("piuparts", { exitCode: null, absent: "piuparts" })], {});

    await bench.handle();

    expect(await bench.row()).toMatchObject({ state: "BUILT" });
    expect((await resultOf()).qa.piuparts.result).toBe("ERROR");
  });

  it("count as a failure of the package when they break a limit", async () => {
    await open("ERRFAIL");
    bench.setChecks([run("piuparts", { exitCode: null, endedBy: "timeout_total" })], {
      "piuparts.log": "x\n",
    });

    await bench.handle();

    expect(await bench.row()).toMatchObject({ state: "FAILED", reason: "qa" });
    expect((await bench.row()).message).toContain("it took longer than a check may");
  });

  it("are SKIPPED in the result of a runner that knows of none", async () => {
    await open("ERRFAIL");

    await bench.handle();

    expect(await bench.row()).toMatchObject({ state: "BUILT" });
    const { qa } = await resultOf();
    expect([qa.autopkgtest.result, qa.piuparts.result]).toEqual(["SKIPPED", "SKIPPED"]);
  });
});
