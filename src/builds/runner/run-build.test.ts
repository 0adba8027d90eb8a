import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runBuild } from "./run-build.ts";
import { type RunnerResult, type RunnerTask, WORK_FILES } from "./task.ts";

let workDir: string;
beforeEach(() => {
  workDir = mkdtempSync(join(tmpdir(), "mbd-run-"));
  for (const name of ["out", "src", "root"]) mkdirSync(join(workDir, name));
  writeFileSync(join(workDir, "src/a_1.dsc"), "");
  writeFileSync(join(workDir, WORK_FILES.log), "");
});
afterEach(() => rmSync(workDir, { recursive: true }));

const GOOD = "echo built; echo x >a_1_amd64.changes";
const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
const shell = (script: string) => ({ argv: ["sh", "-c", script, "sh"], env });
const limits = {
  ...{ totalSeconds: 60, stalledSeconds: 60, logBytes: 100_000, diskFreeBytes: 0 },
  ...{ tasks: 1000, memoryBytes: null },
};

/** Runs a build whose tools are shell scripts, as the daemon would ask for it. */
async function run(
  sbuild: string,
  lintian: string | undefined,
  seconds = 60,
  less: Partial<RunnerTask["limits"]> = {},
): Promise<{ log: string; result: RunnerResult }> {
  const task: RunnerTask = {
    ...{ build: 1, attempt: 1, fence: 1, run: 1, resolver: "apt", chrootStamp: "x", leasedAt: "" },
    ...shell(sbuild),
    ...(lintian === undefined ? {} : { lintian: { ...shell(lintian), seconds } }),
    ...{ limits: { ...limits, ...less }, cgroups: {}, description: {} },
  };
  writeFileSync(join(workDir, WORK_FILES.task), JSON.stringify(task));
  expect(await runBuild(workDir, { terminated: () => false })).toBe(true);
  const read = (name: string) => readFileSync(join(workDir, name), "utf8");
  return { log: read(WORK_FILES.log), result: JSON.parse(read(WORK_FILES.result)) as RunnerResult };
}

describe("lintian behind sbuild", () => {
  test("reads what was built, in the same log, under a heading of its own; how it ends is told apart", async () => {
    const { log, result } = await run(GOOD, 'echo "checks $*"; exit 2');

    const [before = "", after = ""] = log.split(/^\| lintian +\|$/m);
    expect(before).toContain("built\n");
    expect(after).toContain("checks /run/out/a_1_amd64.changes /run/src/a_1.dsc\n");
    expect(result).toMatchObject({ exitCode: 0, endedBy: null, log: { to: Buffer.byteLength(log) } });
    expect(result.lintian?.exitCode).toBe(2);
    expect(Buffer.from(log).subarray(result.lintian?.from).toString()).toMatch(/^checks /);
    expect(result.files.map(({ name }) => name)).toEqual(["a_1_amd64.changes"]);
  });

  test("neither its directories nor sbuild's chroot are left, which sbuild itself does not remove", async () => {
    await run(`${GOOD}; mkdir -p ../root/chroot/bin`, "mkdir -p ../root/lintian-x/unpacked");

    expect(readdirSync(join(workDir, "root"))).toEqual([]);
  });

  test.each([
    ["fails", "exit 1", 1],
    ["leaves no .changes", "true", 0],
  ])("does not run when sbuild %s", async (_, sbuild, exitCode) => {
    const { log, result } = await run(sbuild, "echo checks");

    expect(log).not.toContain("checks");
    expect(result).toMatchObject({ exitCode, endedBy: null });
  });

  test("does not run when it is not asked for", async () => {
    const { log, result } = await run(GOOD, undefined);

    expect(log).not.toContain("| lintian");
    expect(result).toMatchObject({ exitCode: 0, lintian: null });
  });

  test.each([
    ["its own time is over", "exec sleep 1000", "timeout_total", "it took longer than a check may"],
    ["its log becomes too large", "exec yes", "log_limit", "its log became too large"],
  ])("is ended alone when %s", async (_, lintian, endedBy, why) => {
    const { log, result } = await run(GOOD, lintian, 1);

    expect(result).toMatchObject({ exitCode: 0, endedBy: null, lintianEndedBy: endedBy });
    expect(log).toContain("built\n");
    expect(log).toContain(`mini-buildd: lintian was ended: ${why}.\n`);
  });

  test("is ended with the build when the time of that is over", async () => {
    const { result } = await run(GOOD, "exec sleep 1000", 1000, { totalSeconds: 2 });

    expect(result).toMatchObject({ exitCode: 0, endedBy: "timeout_total", lintianEndedBy: null });
  });

  test("is ended with the build when somebody cancels that", async () => {
    const { result } = await run(GOOD, `: >"${workDir}/cancel"; exec sleep 1000`);

    expect(result).toMatchObject({ exitCode: 0, endedBy: "cancel" });
  });
});

describe("what the build left", () => {
  test("is refused where its name is none that can be written down, or it is no file", async () => {
    const { result } = await run(`${GOOD}; : >"$(printf 'a\\377b.deb')"; ln -s x link; mkdir dir`, undefined);

    expect(result).toMatchObject({ exitCode: 0, endedBy: null });
    expect(result.files.map(({ name }) => name)).toEqual(["a_1_amd64.changes"]);
    expect(result.refused).toEqual(["a\uFFFDb.deb", "dir", "link"]);
  });
});

describe("what a tool prints", () => {
  test("is in the log, whatever the tool does to where it prints to", async () => {
    const spoil = "perl -e 'chmod 0, *STDOUT; truncate STDOUT, 0; truncate STDOUT, 1 << 40'";
    const { log, result } = await run(`echo one; ${spoil}; echo two >/dev/stdout; ${GOOD}`, undefined);

    expect(log).toContain("one\ntwo\nbuilt\n");
    expect(result).toMatchObject({ exitCode: 0, endedBy: null, log: { to: Buffer.byteLength(log) } });
  });

  test("is cut where it becomes too much in its last moment", async () => {
    const { log, result } = await run(`${GOOD}; yes | head -c 300000`, undefined);

    expect(result.endedBy).toBe("log_limit");
    expect(log.length).toBeLessThan(limits.logBytes + 200);
  });

  test("ends at once where it becomes too much, also when nobody listens to signals", async () => {
    const began = Date.now();
    const { result } = await run("trap '' TERM; yes; sleep 600", undefined);

    expect(result.endedBy).toBe("log_limit");
    // It would have a minute to end by itself.
    expect(Date.now() - began).toBeLessThan(30_000);
  });

  test("is not waited for where something holds it open that cannot be found", async () => {
    const { log, result } = await run(`(cd /; exec setsid sleep 30) & ${GOOD}`, undefined);

    expect(log).toContain("built\n");
    expect(result).toMatchObject({ exitCode: 0, endedBy: null });
  }, 20_000);
});
