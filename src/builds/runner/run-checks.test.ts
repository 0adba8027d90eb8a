import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { QaMode } from "../build-description.ts";
import { lintianRun } from "../log-test-support.ts";
import { runBuild } from "./run-build.ts";
import {
  type CheckTool,
  PACKAGES_WORD,
  type RunnerCheck,
  type RunnerResult,
  type RunnerTask,
} from "./task.ts";

// The real runner, with small shell programs in the place of sbuild and the checks.
let work: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "mbd-checks-"));
  for (const dir of ["out", "root", "tmp"]) mkdirSync(join(work, dir));
});
afterEach(() => rmSync(work, { recursive: true }));

const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
const LIMITS = {
  totalSeconds: 60,
  stalledSeconds: 60,
  logBytes: 100_000,
  diskFreeBytes: 0,
  tasks: 1000,
  memoryBytes: null,
};
const GOOD_BUILD = "echo builds; touch a_1_amd64.changes a_1_amd64.deb";

function check(tool: CheckTool, script: string, change: Partial<RunnerCheck> = {}): RunnerCheck {
  const argv = ["sh", "-c", script, "sh", PACKAGES_WORD];
  return { tool, mode: "ERRFAIL", argv, env, seconds: 60, programs: ["sh"], ...change };
}

interface Plan {
  readonly build?: string;
  readonly steps: readonly RunnerCheck[];
  readonly lintianMode?: QaMode;
  readonly experimental?: boolean;
  readonly limits?: Partial<RunnerTask["limits"]>;
  readonly lintian?: NonNullable<RunnerTask["lintian"]>;
}

function writeTask(plan: Plan): void {
  const { steps, lintianMode = "DISABLED", experimental = false } = plan;
  const task: RunnerTask = {
    ...{ build: 1, attempt: 1, fence: 1, run: 1, resolver: "apt", chrootStamp: "1" },
    leasedAt: "2024-01-02T03:00:00.000Z",
    argv: ["sh", "-c", plan.build ?? GOOD_BUILD],
    env,
    ...(plan.lintian === undefined ? {} : { lintian: plan.lintian }),
    limits: { ...LIMITS, ...plan.limits },
    cgroups: {},
    checks: { experimental, lintianMode, steps },
    description: {},
  };
  writeFileSync(join(work, "description.json"), JSON.stringify(task));
}

async function run(plan: Plan, terminated = () => false): Promise<RunnerResult> {
  writeTask(plan);
  expect(await runBuild(work, { terminated })).toBe(true);
  return JSON.parse(readFileSync(join(work, "result.json"), "utf8")) as RunnerResult;
}

const log = (name: string) => readFileSync(join(work, name), "utf8");
const begun = (result: RunnerResult) => result.checks.map(({ tool, exitCode }) => `${tool} ${exitCode}`);
const piupartsPasses = check("piuparts", "echo MBD-PIUPARTS end exit=0");

describe("the checks after a build", () => {
  it("run one after the other, with logs of their own and the packages that were built", async () => {
    const adt = check("autopkgtest", 'echo "tests $*"');

    const result = await run({ steps: [adt, piupartsPasses] });

    expect(result).toMatchObject({ exitCode: 0, endedBy: null });
    expect(begun(result)).toEqual(["autopkgtest 0", "piuparts 0"]);
    expect(log("autopkgtest.log")).toBe(`tests ${join(work, "out/a_1_amd64.deb")}\n`);
    expect(log("build.log")).toMatch(/builds\n.*autopkgtest begins.*\n.*autopkgtest ends: PASS\n/);
  });

  it("leave out names that cannot be those of packages", async () => {
    const build = `${GOOD_BUILD}; touch -- '-x.deb' 'B c.deb' x.udeb; ln -s /etc/passwd l.deb`;

    await run({ build, steps: [check("autopkgtest", 'echo "$#"')] });

    expect(log("autopkgtest.log")).toBe("1\n");
  });

  it.each<[string, Partial<Plan>, string]>([
    ["the build failed", { build: "exit 2" }, ""],
    ["the build left no .changes", { build: "true" }, ""],
    ["lintian objects", { lintianMode: "ERRFAIL" }, ""],
    ["lintian objects, and that does not count", { lintianMode: "IGNORE" }, "piuparts 0"],
    [
      "lintian objects, in an experimental suite",
      { lintianMode: "ERRFAIL", experimental: true },
      "piuparts 0",
    ],
  ])("begin only while the build is good: %s", async (_what, plan, expected) => {
    const words = lintianRun(2, ["E: a: no-copyright-file"]).map((line) => `echo '${line}'`);

    const result = await run({
      build: `${GOOD_BUILD}; ${words.join("; ")}`,
      steps: [piupartsPasses],
      ...plan,
    });

    expect(begun(result).join()).toBe(expected);
  });

  it.each<[QaMode, boolean, string[]]>([
    ["ERRFAIL", false, ["autopkgtest 4"]],
    ["IGNORE", false, ["autopkgtest 4", "piuparts 0"]],
    ["ERRFAIL", true, ["autopkgtest 4", "piuparts 0"]],
  ])("mode %s, experimental %s, with tests that fail: %j", async (mode, experimental, expected) => {
    const result = await run({
      steps: [check("autopkgtest", "exit 4", { mode }), piupartsPasses],
      experimental,
    });

    expect(begun(result)).toEqual(expected);
  });

  it.each<[QaMode, string]>([
    ["ERRFAIL", ""],
    ["IGNORE", "piuparts 0"],
  ])("lintian that was ended objects, in mode %s", async (lintianMode, expected) => {
    const lintian = { argv: ["sh", "-c", "exec sleep 1000"], env, seconds: 1 };
    mkdirSync(join(work, "src"));
    writeFileSync(join(work, "src/a_1.dsc"), "");

    const result = await run({ steps: [piupartsPasses], lintianMode, lintian });

    expect(result).toMatchObject({ endedBy: null, lintianEndedBy: "timeout_total" });
    expect(begun(result).join()).toBe(expected);
  });

  it("leave piuparts out where there is no package for it", async () => {
    const build = "touch a_1_amd64.changes a-udeb_1_amd64.udeb";

    const result = await run({ build, steps: [check("autopkgtest", "true"), piupartsPasses] });

    expect(begun(result)).toEqual(["autopkgtest 0"]);
    expect(log("build.log")).toContain("piuparts is skipped: there is no package");
  });

  it("are not begun without their program, and say which package has it", async () => {
    const result = await run({ steps: [check("piuparts", "true", { programs: ["mbd-no-such-program"] })] });

    expect(result.checks).toMatchObject([{ absent: "mbd-no-such-program", exitCode: null }]);
    expect(log("piuparts.log")).toMatch(
      /mbd-no-such-program is not installed on this machine; the Debian package/,
    );
  });

  it("end when they take longer than a check may, and the build goes on", async () => {
    const slow = check("autopkgtest", "sleep 1000", { seconds: 0.3, mode: "IGNORE" });

    const result = await run({ steps: [slow, piupartsPasses] });

    expect(result.endedBy).toBeNull();
    expect(result.checks).toMatchObject([{ endedBy: "timeout_total" }, { exitCode: 0 }]);
    expect(log("autopkgtest.log")).toContain("it took longer than a check may");
  });

  it("end when their log becomes too large, which is cut", async () => {
    const loud = check("autopkgtest", "while :; do head -c 50000 /dev/zero | tr '\\0' x; echo; done");

    const result = await run({ steps: [loud] });

    expect(result).toMatchObject({ endedBy: null, checks: [{ endedBy: "log_limit" }] });
    expect(log("autopkgtest.log").length).toBeLessThan(101_000);
  });

  it("end with the time of the whole build", async () => {
    const result = await run({ steps: [check("autopkgtest", "sleep 1000")], limits: { totalSeconds: 1 } });

    expect(result).toMatchObject({ exitCode: 0, endedBy: "timeout_total", checks: [] });
  });

  it.each(["cancel", "terminated"] as const)("end with the build: %s", async (how) => {
    const ended = run(
      { steps: [check("autopkgtest", "touch begun; sleep 1000")] },
      () => how === "terminated" && existsSync(join(work, "out/begun")),
    );
    while (!existsSync(join(work, "out/begun"))) await delay(20);
    if (how === "cancel") writeFileSync(join(work, "cancel"), "");

    expect(await ended).toMatchObject({ endedBy: how, checks: [] });
  });

  it("cannot change what counts as built", async () => {
    const result = await run({ steps: [check("autopkgtest", "echo other >a_1_amd64.deb; touch more.deb")] });

    expect(result.files.map(({ name, sizeBytes }) => `${name} ${sizeBytes}`)).toEqual([
      "a_1_amd64.changes 0",
      "a_1_amd64.deb 0",
    ]);
  });
});
