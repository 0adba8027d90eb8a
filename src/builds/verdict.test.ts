import { describe, expect, it } from "vitest";
import { judge, type Observation, RULES } from "./verdict.ts";

const FACTS: Observation["facts"] = {
  failStage: null,
  status: null,
  abortedOutsideBuild: false,
  inactivity: false,
  strayResult: null,
  fetchFailed: false,
  missing: [],
  failedBlock: null,
};
const INVALID = { kind: "invalid", reason: "result_invalid", message: "bad" } as const;

type Change = Partial<Omit<Observation, "facts">> & { facts?: Partial<Observation["facts"]> };

function observe(change: Change): Observation {
  return {
    cancelRequested: false,
    endedBy: null,
    exitCode: 0,
    signal: null,
    starved: false,
    results: { kind: "valid" },
    qa: undefined,
    ...change,
    facts: { ...FACTS, ...change.facts },
  };
}

const stage = (failStage: string, facts: Partial<Observation["facts"]> = {}): Change => ({
  exitCode: 2,
  results: { kind: "none" },
  facts: { failStage, status: "attempted", ...facts },
});

describe("judge, builds.md 7", () => {
  it.each<[number, string, Change, string, string | null]>([
    [1, "cancel asked for, though it was good", { cancelRequested: true }, "cancelled", null],
    [1, "runner cancelled it", { ...stage("build"), endedBy: "cancel" }, "cancelled", null],
    [2, "total time", { ...stage("build"), endedBy: "timeout_total" }, "failed", "timeout_total"],
    [2, "no output", { ...stage("build"), endedBy: "timeout_stalled" }, "failed", "timeout_stalled"],
    [2, "log", { ...stage("build"), endedBy: "log_limit" }, "failed", "log_limit"],
    [2, "disk", { ...stage("build"), endedBy: "disk_limit" }, "failed", "disk_limit"],
    [2, "memory", { ...stage("build"), endedBy: "memory_limit" }, "failed", "memory_limit"],
    [
      2,
      "a file that is too large",
      { exitCode: null, signal: "SIGXFSZ", results: { kind: "none" } },
      "failed",
      "disk_limit",
    ],
    [3, "machine stopped", { ...stage("build"), endedBy: "terminated" }, "interrupted", "builder"],
    [3, "no disk to begin", { ...stage(""), exitCode: null, endedBy: "disk_start" }, "builder", "builder"],
    [
      3,
      "sbuild killed",
      { exitCode: null, signal: "SIGKILL", results: { kind: "none" } },
      "builder",
      "builder",
    ],
    [3, "sbuild aborted", stage("unpack", { abortedOutsideBuild: true }), "builder", "builder"],
    [4, "good, whatever it printed", { facts: { abortedOutsideBuild: true } }, "built", null],
    [8, "build, whatever it printed", stage("build", { abortedOutsideBuild: true }), "failed", "package"],
    [4, "good", {}, "built", null],
    [4, "QA fails", { qa: { tool: "lintian", result: "FAIL", why: "" } }, "failed", "qa"],
    [4, "QA warns where it may not", { qa: { tool: "lintian", result: "WARN", why: "" } }, "failed", "qa"],
    [4, "QA itself broken", { qa: { tool: "lintian", result: "ERROR", why: "" } }, "builder", "qa"],
    [
      5,
      "wrong architecture",
      { ...stage("arch-check", { status: "skipped" }), exitCode: 0 },
      "skipped",
      null,
    ],
    [6, "no results, and no room", { results: { kind: "none" }, starved: true }, "builder", "builder"],
    [6, "bad results, and no room", { results: INVALID, starved: true }, "builder", "builder"],
    [6, "a failure, and no room", { ...stage("build"), starved: true }, "builder", "builder"],
    [4, "good in spite of little room", { starved: true }, "built", null],
    [6, "no results", { results: { kind: "none" } }, "failed", "result_invalid"],
    [6, "bad results", { results: INVALID }, "failed", "result_invalid"],
    [6, "package of another source", { results: { ...INVALID, reason: "package" } }, "failed", "package"],
    [
      6,
      "a result that lies elsewhere",
      stage("init", { strayResult: "../../x.deb" }),
      "failed",
      "result_invalid",
    ],
    [7, "no output by sbuild", stage("build", { inactivity: true }), "failed", "timeout_stalled"],
    [8, "build", stage("build"), "failed", "package"],
    [8, "unpack", stage("unpack"), "failed", "package"],
    [8, "version", stage("check-unpacked-version"), "failed", "package"],
    [8, "architecture", stage("check-architecture"), "failed", "package"],
    [8, "changes", stage("parse-changes"), "failed", "package"],
    [9, "download", stage("install-deps", { fetchFailed: true }), "builder", "builder"],
    [10, "dependencies", stage("install-deps", { missing: ["libfoo-dev"] }), "dep_wait", "dep_wait"],
    ...[
      "create-session",
      "chroot-arch",
      "create-build-dir",
      "lock-session",
      "init",
      "run-chroot-setup-commands",
      "apt-get-update",
      "apt-get-dist-upgrade",
      "apt-get-clean",
      "resolver setup",
      "fetch-src",
      "check-space",
      "dump-build-env",
      "abort",
    ].map((name): [number, string, Change, string, string] => [11, name, stage(name), "builder", "builder"]),
    [11, "no summary", { exitCode: 1, results: { kind: "none" } }, "builder", "builder"],
    [11, "good files but sbuild failed", { exitCode: 1 }, "builder", "builder"],
  ])("rule %i: %s", (no, _what, change, expectedClass, reason) => {
    const seen = observe(change);

    expect(RULES.find((rule) => rule.when(seen))?.no).toBe(no);
    expect(judge(seen)).toMatchObject({ class: expectedClass, reason });
    expect(judge(seen).message).not.toBe("");
  });

  it("names what is missing", () => {
    expect(judge(observe(stage("install-deps", { missing: ["a", "b (>= 2)"] }))).message).toContain(
      "a, b (>= 2)",
    );
  });

  it("names the block that failed, unless only the package says so", () => {
    const failedBlock = "own 2 failed with exit status 1";

    expect(judge(observe(stage("run-chroot-setup-commands", { failedBlock })))).toEqual({
      ...{ class: "builder", reason: "builder", message: "block own 2 failed with exit status 1" },
    });
    expect(judge(observe(stage("build", { failedBlock }))).class).toBe("failed");
  });

  it("says what to do when the disk was full", () => {
    const { message } = judge(observe({ ...stage("build"), endedBy: "disk_limit" }));

    expect(message).toMatch(
      /^ended: the disk of the builder was nearly full .*; retry it when there is room/,
    );
  });

  it("says what a check found", () => {
    const why = "units FAIL non-zero exit status 3";

    expect(judge(observe({ qa: { tool: "autopkgtest", result: "FAIL", why } })).message).toBe(
      `autopkgtest objects (FAIL): ${why}`,
    );
  });
});
