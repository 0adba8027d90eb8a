import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLogScan, type LogFacts, scanLog } from "./log-summary.ts";
import { buildFinished, lintianRun, section, summary } from "./log-test-support.ts";

function scan(...parts: readonly string[]): LogFacts {
  const log = createLogScan();
  for (const line of parts.join("\n").split("\n")) log.push(line);
  return log.facts();
}

const UNMET = [
  "The following packages have unmet dependencies:",
  " sbuild-build-depends-main-dummy : Depends: hello (>= 99~) but 2.10-3 is to be installed",
  "                                   Depends: nosuchthing-dev but it is not installable",
  "E: Unable to correct problems, you have held broken packages.",
];

describe("createLogScan", () => {
  it.each([0, 1, 2, 3])("reads what is missing with apt's error in line %i of its list", (index) => {
    const lines = UNMET.slice(0, -1).toSpliced(index, 0, ...UNMET.slice(-1));

    const facts = scan(section("Install package build dependencies", ...lines));

    expect(facts.missing).toEqual(["hello (>= 99~)", "nosuchthing-dev"]);
  });

  it("reads headings that say when their part began", () => {
    const at = (title: string) => `${title.padEnd(45)}Sun, 29 Nov 2026 11:08:12 +0000`;

    expect(scan(section(at("Install package build dependencies"), ...UNMET)).missing).toHaveLength(2);
    const forged = section("Install package build dependencies", ...UNMET);
    expect(scan(section(at("Build"), ""), forged, summary({ "Fail-Stage": "build" }))).toMatchObject({
      ...{ missing: [], failStage: "build" },
    });
  });

  it.each([
    ["a title of blanks", (length: number) => `| ${" ".repeat(length)}x`],
    ["a title without an end", (length: number) => `| ${"Sun, 29 Nov 2026 ".repeat(length / 17)} |`],
    ["no title", (length: number) => "x ".repeat(length / 2)],
    ["errors without an end", (length: number) => `error: -Werror ${"-Werror ".repeat(length / 8)}`],
    ["a list without an end", (length: number) => ` Depends: ${"a (>= ".repeat(length / 6)}`],
  ])("reads a log full of %s, as long as lines can be", (_what, lineOf) => {
    const rule = `+${"-".repeat(78)}+`;
    const log = createLogScan();

    // With a pattern that goes back and forth in a line, one of these would take ten seconds.
    for (let line = 0; line < 3; line += 1) for (const text of [rule, lineOf(65_536)]) log.push(text);

    expect(log.facts().lines).toBe(6);
  });

  it("reads what is missing with apt's error around a line of its list", () => {
    const [first = "", second = "", third = ""] = UNMET;
    const torn = [first, `E${second}`, ": Unable to correct problems, you have held broken packages.", third];

    const facts = scan(section("Install package build dependencies", ...torn));

    expect(facts.missing).toEqual(["hello (>= 99~)", "nosuchthing-dev"]);
  });

  it("knows a set-up of the chroot that failed, with and without a summary", () => {
    const failed = "E: Command '/run/mini-buildd/setup' failed to run.";

    expect(scan(section("Chroot Setup Commands", failed)).failStage).toBe("run-chroot-setup-commands");
    expect(scan(section("Chroot Setup Commands"), section("Build", failed)).failStage).toBe(null);
    expect(scan(section("Chroot Setup Commands", failed), summary({ "Fail-Stage": "build" })).failStage).toBe(
      "build",
    );
  });

  it("knows the block that ended the set-up of the chroot", () => {
    const good = scan("MBD-BLOCK one 1", "MBD-BLOCK two 3");
    const bad = scan(
      "MBD-BLOCK one 1",
      "MBD-BLOCK two 3",
      "oops",
      "MBD-BLOCK two 3 failed with exit status 7",
    );

    expect([good.failedBlock, bad.failedBlock]).toEqual([null, "two 3 failed with exit status 7"]);
    expect(bad.errorLines.map(({ text }) => text)).toContain("MBD-BLOCK two 3 failed with exit status 7");
  });

  it("reads the summary", () => {
    const facts = scan(
      summary({ "Build-Time": "40", "Fail-Stage": "build", Status: "attempted", Space: "n/a" }),
    );

    expect(facts).toMatchObject({ failStage: "build", status: "attempted" });
    expect(facts.summary).toMatchObject({ "Build-Time": "40", Space: "n/a" });
  });

  it("believes only the last summary, as packages can print one", () => {
    const facts = scan(
      section("Build", "make", summary({ Status: "successful" })),
      summary({ "Fail-Stage": "build", Status: "attempted" }),
    );

    expect(facts).toMatchObject({ failStage: "build", status: "attempted" });
  });

  it("has no stage without a summary", () => {
    expect(scan("sbuild: not found")).toMatchObject({ failStage: null, status: null, summary: {} });
  });

  it("lists what cannot be installed", () => {
    const facts = scan(
      section("Install package build dependencies", ...UNMET),
      section("Build", " x : Depends: forged but it is not installable"),
    );

    expect(facts.missing).toEqual(["hello (>= 99~)", "nosuchthing-dev"]);
    expect(facts.fetchFailed).toBe(false);
  });

  it("sees failed downloads only where dependencies are installed", () => {
    const failure = "E: Failed to fetch http://x/y.deb  Temporary failure resolving";

    expect(scan(section("Install package build dependencies", failure)).fetchFailed).toBe(true);
    expect(scan(section("Build", failure)).fetchFailed).toBe(false);
  });

  it("sees an abort outside the build, not the words of the package", () => {
    const abort = "E: ABORT: Received TERM signal (requesting cleanup and shutdown)";

    expect(scan(section("Build", "make", abort)).abortedOutsideBuild).toBe(false);
    expect(scan(section("Chroot Setup Commands", abort)).abortedOutsideBuild).toBe(true);
  });

  it("sees the end for want of output only where sbuild says it", () => {
    const killed = "E: Build killed with signal TERM after 150 minutes of inactivity";

    expect(scan(section("Build", "make", killed, ...buildFinished)).inactivity).toBe(true);
    const lines = Array.from({ length: 10 }, (_value, index) => `line ${index}`);
    expect(scan(section("Build", killed, ...lines, ...buildFinished)).inactivity).toBe(false);
  });

  it("sees a result that its .changes places elsewhere, in what sbuild shows of it", () => {
    const line = ` ${"0a".repeat(32)} 1352 ../../x_1.0_all.deb`;

    expect(scan(section("Changes", "Checksums-Sha256:", line)).strayResult).toBe("../../x_1.0_all.deb");
    expect(scan(section("Build", line)).strayResult).toBeNull();
    expect(scan(section("Changes", line.replaceAll("../", ""))).strayResult).toBeNull();
  });

  it.each([
    ["heading", "Chroot Setup Commands", []],
    ["heading behind a forged end of the build", "Chroot Setup Commands", buildFinished],
  ])("does not take a package's word for an abort, with a forged %s", (_what, title, before) => {
    const abort = "E: ABORT: Received TERM signal (requesting cleanup and shutdown)";

    const facts = scan(
      section("Build", ...before, section(title, abort), ...buildFinished),
      summary({ "Fail-Stage": "build", Status: "attempted" }),
    );

    expect(facts).toMatchObject({ abortedOutsideBuild: false, failStage: "build" });
  });

  it("does not read what a package prints under headings of other parts", () => {
    const failure = "E: Failed to fetch http://x/y.deb  Temporary failure resolving";

    const facts = scan(
      section("Build", section("Install package build dependencies", failure, ...UNMET), ...buildFinished),
    );

    expect(facts).toMatchObject({ fetchFailed: false, missing: [] });
  });

  it("reads the summary of a build that ended before the package's code began", () => {
    const facts = scan(
      section("Build", "Unpack source", "E: FAILED [dpkg-source died]"),
      section("Cleanup", "Purging"),
      summary({ "Fail-Stage": "unpack", Status: "failed" }),
    );

    expect(facts.failStage).toBe("unpack");
  });

  it("shows errors below a summary that the package forged", () => {
    const facts = scan(section("Build", section("Summary", "a.c:1:1: error: no"), ...buildFinished));

    expect(facts.errorLines.map(({ text }) => text)).toEqual(["a.c:1:1: error: no"]);
  });

  it("takes the run of lintian that sbuild announces, not one that the package prints", () => {
    const forged = [...lintianRun(0, []), "", "lintian", "-------", ...lintianRun(0, [])];

    expect(scan(section("Build", ...forged, ...buildFinished)).lintian).toBeUndefined();
    expect(scan(section("Changes", ...forged), "lintian", "-------", "").lintian).toBeUndefined();
  });

  it("counts from the first line of lintian to its last", () => {
    const forged = ["E: x: bad", "MBD-LINTIAN end exit=0", "MBD-LINTIAN begin new=yes version=9"];

    const { lintian } = scan("lintian", "-------", ...lintianRun(2, forged), "E: Lintian run failed");

    expect(lintian).toMatchObject({ exit: 2, counts: { error: 1 } });
  });

  it("reads a run of lintian", () => {
    const facts = scan(
      section("Build", ...lintianRun(0, []), ...buildFinished),
      section("Post Build", ...lintianRun(2, ["E: x: bad", "W: x: poor", "I: x: so", "N: text"])),
    );

    expect(facts.lintian).toMatchObject({ isNew: true, exit: 2 });
    expect(facts.lintian?.counts).toEqual({ error: 1, warning: 1, info: 1, pedantic: 0, experimental: 0 });
    expect(facts.lintian?.lines.map(({ text }) => text)).toEqual(["E: x: bad", "W: x: poor"]);
  });
});

describe("scanLog", () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "mbd-log-"));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  it("reads a part of a file, whatever bytes are in it", async () => {
    const path = join(dir, "log");
    const first = Buffer.from(summary({ Status: "first" }));
    const junk = Buffer.from([0xff, 0xfe, 0x00, 0x0a, 0xc3]);
    const second = Buffer.from(`\n${summary({ Status: "second" })}`);
    const tail = Buffer.from(summary({ Status: "third" }));
    writeFileSync(path, Buffer.concat([first, junk, second, tail]));

    const to = first.length + junk.length + second.length;
    const part = async (from: number, end: number) =>
      await scanLog(path, { log: { from, to: end }, lintian: null });
    expect((await part(first.length, to)).status).toBe("second");
    expect((await part(0, to + tail.length)).status).toBe("third");
    expect((await part(5, 5)).lines).toBe(0);
  });

  it.each<[string, string, number | null, number | null | undefined]>([
    ["what it printed", lintianRun(0, []).join("\n"), 0, 0],
    ["nothing when it printed nothing", "", 32, undefined],
    ["no end when it ended in another way than it says", lintianRun(0, []).join("\n"), 137, null],
    ["no end when it was killed", lintianRun(0, []).join("\n"), null, null],
  ])("has of the step of lintian %s", async (_what, printed, exitCode, exit) => {
    const path = join(dir, "lintian-step");
    const before = [
      section("Package contents", ...lintianRun(0, [])),
      summary({ Status: "successful" }),
      "",
    ].join("\n");
    writeFileSync(path, `${before}${printed}\n`);

    const log = { from: 0, to: before.length + printed.length + 1 };
    const facts = await scanLog(path, { log, lintian: { from: before.length, exitCode } });

    expect(facts.lintian?.exit).toBe(exit);
    expect(facts.status).toBe("successful");
  });

  it("stands any text", async () => {
    const path = join(dir, "any");
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
        writeFileSync(path, bytes);
        const half = Math.floor(bytes.length / 2);
        const lintian = bytes.length % 3 === 0 ? { from: half, exitCode: 0 } : null;
        const facts = await scanLog(path, { log: { from: 0, to: bytes.length }, lintian });
        expect(facts.errorLines.length).toBeLessThanOrEqual(12);
      }),
      { numRuns: 50 },
    );
  });
});
