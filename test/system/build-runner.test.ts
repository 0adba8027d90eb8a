import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { processesBelow, systemClock } from "#platform";
import { evaluateBuild } from "../../src/builds/evaluate.ts";
import { WORK_FILES } from "../../src/builds/runner/task.ts";
import {
  asUser,
  type Bench,
  createBench,
  prepareRun,
  type RunOptions,
  readLog,
  readResult,
  removeBench,
  type SourceRecipe,
  startAsUser,
  untilLogged,
} from "./build-runner-support.ts";

const isRoot = process.getuid?.() === 0;
const isDebian = existsSync("/etc/debian_version");
if (!isRoot || !isDebian) {
  process.stderr.write(
    "build-runner: not run, it needs root on Debian to make a user with subordinate ids\n",
  );
}

const SLEEP = ["echo now-asleep", "setsid sleep 5000 & sleep 4000"];

describe.runIf(isRoot && isDebian)("a real build in the runner", () => {
  let bench: Bench;

  beforeAll(async () => {
    bench = await createBench();
  });
  afterAll(() => removeBench(bench));

  async function runToEnd(recipe: SourceRecipe, options: RunOptions = {}) {
    const { workDir, task } = await prepareRun(bench, recipe, options);
    expect(await startAsUser(bench, workDir).ended).toBe(0);
    const raw = readResult(workDir);
    const clock = systemClock;
    const result = await evaluateBuild({ workDir, task, raw, cancelRequested: false, clock });
    return { workDir, raw, result };
  }

  function expectNothingLeft(workDir: string): void {
    expect(processesBelow(workDir)).toEqual([]);
    expect(readdirSync(join(workDir, "root"))).toEqual([]);
  }

  it("builds a package without network, with lintian, and leaves only its results", async () => {
    const build = [
      "cat /proc/net/dev /etc/resolv.conf",
      "touch /run/mini-buildd/x || echo read-only-overlay",
    ];
    const { workDir, raw, result } = await runToEnd({ name: "mbd-good", build }, { lintian: "ERRFAIL" });

    const log = readLog(workDir);
    expect(log).toContain("read-only-overlay");
    expect(log).toMatch(/^ +lo:/m);
    expect(log).not.toMatch(/^ +(?:eth|en|wl)[a-z0-9]+:/m);
    expect(raw).toMatchObject({ exitCode: 0, endedBy: null, refused: [] });
    // lintian objects: the package has neither copyright nor changelog.
    expect(result).toMatchObject({ class: "failed", reason: "qa", status: "successful" });
    expect(result.qa.lintian).toMatchObject({ result: "FAIL", exit: 2 });
    expect(result.qa.lintian.lines.map(({ text }) => text).join("\n")).toContain("no-copyright-file");
    expect(result.files.map(({ name }) => name).sort()).toEqual([
      `mbd-good_1.0_${bench.arch}.buildinfo`,
      `mbd-good_1.0_${bench.arch}.changes`,
      `mbd-good_1.0_${bench.arch}.deb`,
    ]);
    expect(result.times.sbuildMs).toBeGreaterThan(1000);
    expectNothingLeft(workDir);
  });

  it("tells why a package does not build", async () => {
    const { workDir, result } = await runToEnd({ name: "mbd-fail", build: ["gcc -c nosuch.c"] });

    expect(result).toMatchObject({ class: "failed", reason: "package", exitCode: 2, failStage: "build" });
    expect(result.errorLines.map(({ text }) => text).join("\n")).toContain("nosuch.c: No such file");
    expectNothingLeft(workDir);
  });

  it("names the build dependencies that are not there", async () => {
    const { workDir, result } = await runToEnd({
      name: "mbd-depwait",
      build: ["true"],
      depends: "hello (>= 99~), mbd-nosuch-dev",
    });

    expect(result, readLog(workDir)).toMatchObject({
      class: "dep_wait",
      missing: ["hello (>= 99~)", "mbd-nosuch-dev"],
    });
  });

  it("ends a cancelled build with all its processes", async () => {
    const { workDir, task } = await prepareRun(bench, { name: "mbd-cancel", build: SLEEP });
    const runner = startAsUser(bench, workDir);
    await untilLogged(workDir, "now-asleep");

    writeFileSync(join(workDir, WORK_FILES.cancel), "");

    expect(await runner.ended).toBe(0);
    const raw = readResult(workDir);
    expect(raw.endedBy).toBe("cancel");
    const result = await evaluateBuild({ workDir, task, raw, cancelRequested: false, clock: systemClock });
    expect(result.class).toBe("cancelled");
    expectNothingLeft(workDir);
  });

  it("is cleaned up after when the runner was killed", async () => {
    const { workDir } = await prepareRun(bench, { name: "mbd-killed", build: SLEEP });
    const runner = startAsUser(bench, workDir);
    await untilLogged(workDir, "now-asleep");

    process.kill(runner.pid, "SIGKILL");
    await runner.ended;
    expect(processesBelow(workDir).length).toBeGreaterThan(2);
    // By the user itself: no root is needed to end processes of its user namespaces.
    const cleaned = asUser(bench, process.execPath, [join(bench.dir, "leftovers.mjs"), workDir]);

    expect(cleaned).toMatchObject({ status: 0, stderr: "" });
    expectNothingLeft(workDir);
    expect(existsSync(join(workDir, WORK_FILES.result))).toBe(false);
  });

  it("ends a build that takes too long", async () => {
    const { workDir, result } = await runToEnd(
      { name: "mbd-long", build: SLEEP },
      { limits: { totalSeconds: 3 } },
    );

    expect(result).toMatchObject({ class: "failed", reason: "timeout_total" });
    expectNothingLeft(workDir);
  });

  it("ends a build that prints nothing", async () => {
    const { workDir, result } = await runToEnd(
      { name: "mbd-silent", build: SLEEP },
      { limits: { stalledSeconds: 90 } },
    );

    expect(result).toMatchObject({ class: "failed", reason: "timeout_stalled" });
    expectNothingLeft(workDir);
  });

  it("ends a build that prints too much and cuts its log", async () => {
    const spam = "while :; do head -c 100000 /dev/zero | tr '\\0' x; echo; sleep 0.1; done";
    const { workDir, result } = await runToEnd(
      { name: "mbd-loud", build: [spam] },
      { limits: { logBytes: 1_000_000 } },
    );

    expect(result).toMatchObject({ class: "failed", reason: "log_limit" });
    expect(result.sizes.logBytes).toBeLessThan(1_000_200);
    expect(readLog(workDir).trimEnd().split("\n").at(-1)).toMatch(/^mini-buildd: the log has reached/);
    expectNothingLeft(workDir);
  });

  it("removes all of a work directory, whatever modes and owners are in it, and follows no link", () => {
    const workDir = join(bench.dir, "user", "31");
    const kept = join(bench.dir, "user", "kept");
    const make = `set -e
      mkdir -p ${workDir}/autopkgtest/closed/more ${workDir}/piu ${workDir}/root ${kept}
      touch ${workDir}/autopkgtest/closed/file ${workDir}/autopkgtest/closed/more/file ${kept}/file
      ln -s ${kept} ${workDir}/link; ln -s ${kept} ${workDir}/root/link
      chmod 0 ${workDir}/autopkgtest/closed/more; chmod 555 ${workDir}/autopkgtest/closed
      touch ${workDir}/piu/file; mkdir ${workDir}/piu/base; touch ${workDir}/piu/base/file
      unshare --map-root-user --map-auto sh -c 'chown -R 1:1 ${workDir}/piu; chmod 700 ${workDir}/piu'`;
    expect(asUser(bench, "sh", ["-c", make])).toMatchObject({ status: 0, stderr: "" });

    const removed = asUser(bench, process.execPath, [join(bench.dir, "remove.mjs"), workDir]);

    expect(removed).toMatchObject({ status: 0, stderr: "" });
    expect(existsSync(workDir)).toBe(false);
    expect(readdirSync(kept)).toEqual(["file"]);
  });
});
