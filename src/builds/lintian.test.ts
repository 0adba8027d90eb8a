import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { QaMode } from "./build-description.ts";
import type { QaResult } from "./build-result.ts";
import { LINTIAN_WRAPPER } from "./lintian.ts";
import { type LintianRun, lintianResult } from "./lintian-run.ts";
import { createLogScan } from "./log-summary.ts";
import { isFailOnOption } from "./patterns.ts";
import { isGood, type QaReports, qaObjection } from "./qa-verdict.ts";
import { SETUP_SCRIPT } from "./setup-script.ts";

function runOf(exit: number | null, isNew: boolean, errors: number, warnings: number): LintianRun {
  const counts = { error: errors, warning: warnings, info: 1, pedantic: 0, experimental: 0 };
  return { isNew, exit, counts, lines: [] };
}

describe("lintianResult, builds.md 8.1", () => {
  it.each<[QaMode, boolean, number | null, number, number, QaResult]>([
    ["ERRFAIL", true, 0, 0, 0, "PASS"],
    ["ERRFAIL", true, 0, 0, 3, "WARN"],
    ["ERRFAIL", true, 2, 1, 0, "FAIL"],
    ["ERRFAIL", true, 2, 0, 5, "ERROR"],
    ["WARNFAIL", true, 2, 0, 5, "FAIL"],
    ["WARNFAIL", true, 2, 0, 0, "ERROR"],
    ["IGNORE", true, 2, 1, 0, "FAIL"],
    ["ERRFAIL", true, 1, 1, 0, "ERROR"],
    ["ERRFAIL", true, 25, 0, 0, "ERROR"],
    ["ERRFAIL", false, 0, 0, 0, "PASS"],
    ["ERRFAIL", false, 0, 0, 1, "WARN"],
    ["ERRFAIL", false, 1, 1, 0, "FAIL"],
    ["WARNFAIL", false, 1, 0, 1, "FAIL"],
    ["ERRFAIL", false, 2, 1, 0, "ERROR"],
    ["ERRFAIL", true, null, 1, 0, "ERROR"],
  ])("%s, new=%s, exit %s, %i errors, %i warnings: %6$s", (mode, isNew, exit, errors, warnings, result) => {
    expect(lintianResult(runOf(exit, isNew, errors, warnings), mode)).toBe(result);
  });

  it("is ERROR when lintian could not even be installed, SKIPPED when it was not wanted", () => {
    expect(lintianResult(undefined, "ERRFAIL")).toBe("ERROR");
    expect(lintianResult(undefined, "DISABLED")).toBe("SKIPPED");
  });
});

describe("isGood, builds.md 8", () => {
  const results: readonly QaResult[] = ["PASS", "WARN", "FAIL", "ERROR", "NOTESTS"];
  it.each<[QaMode, readonly QaResult[]]>([
    ["DISABLED", results],
    ["IGNORE", results],
    ["ERRFAIL", ["PASS", "WARN", "NOTESTS"]],
    ["WARNFAIL", ["PASS", "NOTESTS"]],
  ])("%s", (mode, good) => {
    expect(results.filter((result) => isGood(mode, result, false))).toEqual(good);
    expect(results.every((result) => isGood(mode, result, true))).toBe(true);
  });

  it("names a FAIL before an ERROR", () => {
    const report = (result: QaResult) => ({
      mode: "ERRFAIL" as const,
      result,
      exit: 1,
      counts: {},
      lines: [],
    });
    const reports: QaReports = {
      lintian: report("ERROR"),
      autopkgtest: report("FAIL"),
      piuparts: report("PASS"),
    };
    expect(qaObjection(reports, false)).toEqual({ tool: "autopkgtest", result: "FAIL", why: "" });
    expect(qaObjection(reports, true)).toBeUndefined();
  });
});

describe("isFailOnOption", () => {
  it.each(["--fail-on=none", "--fail-on-warnings", "--fail", "--fa=x", "-fail-on", "--FAIL-ON=x"])(
    "%s",
    (option) => {
      expect(isFailOnOption(option)).toBe(true);
    },
  );
  it.each(["--info", "--pedantic", "-F", "error", "--fake", "fail-on"])("not %s", (option) => {
    expect(isFailOnOption(option)).toBe(false);
  });
});

describe("the wrapper", () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "mbd-lintian-"));
    writeFileSync(join(dir, "wrapper"), LINTIAN_WRAPPER, { mode: 0o755 });
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  /** A lintian that says what it was called with. */
  function fake(version: string, exit: number): void {
    const programs = {
      lintian: `echo "called: $*"; exit ${exit}`,
      "dpkg-query": `echo ${version}`,
    };
    for (const [name, script] of Object.entries(programs))
      writeFileSync(join(dir, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  function call(...args: string[]) {
    return spawnSync(join(dir, "wrapper"), args, {
      encoding: "utf8",
      env: { PATH: `${dir}:/usr/bin:/bin` },
    });
  }

  it.each([
    ["WARNFAIL", "2.116.3+deb12u1", "--fail-on=error,warning --info a.changes", "yes"],
    ["ERRFAIL", "2.104.0", "--fail-on=error --info a.changes", "yes"],
    ["IGNORE", "2.77.0~bpo10+1", "--fail-on=error --info a.changes", "yes"],
    ["IGNORE", "2.76.0", "--info a.changes", "no"],
    ["WARNFAIL", "2.15.0", "--fail-on-warnings --info a.changes", "no"],
    ["ERRFAIL", "2.5.51", "--info a.changes", "no"],
  ])("%s with lintian %s", (mode, version, called, isNew) => {
    fake(version, 2);

    const { stdout, status } = call(mode, "--info", "a.changes");

    expect(stdout).toBe(
      `MBD-LINTIAN begin new=${isNew} version=${version}\ncalled: ${called}\nMBD-LINTIAN end exit=2\n`,
    );
    expect(status).toBe(2);
  });

  it("fits the lintian of this machine", () => {
    for (const name of ["lintian", "dpkg-query"]) rmSync(join(dir, name), { force: true });
    mkBroken(dir);

    const { stdout } = call("ERRFAIL", "--allow-root", join(dir, "broken.deb"));
    const scan = createLogScan();
    for (const line of stdout.split("\n")) scan.push(line);
    const { lintian } = scan.facts();

    expect(lintian?.isNew).toBe(true);
    expect(lintianResult(lintian, "ERRFAIL")).toBe("FAIL");
    expect(lintian?.lines.map(({ text }) => text).join("\n")).toContain("no-copyright-file");
  }, 120_000);
});

function mkBroken(dir: string): void {
  const control =
    "Package: broken\nVersion: 1\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: x\n";
  execFileSync("mkdir", ["-p", join(dir, "tree/DEBIAN"), join(dir, "tree/usr/bin")]);
  writeFileSync(join(dir, "tree/DEBIAN/control"), control);
  execFileSync("dpkg-deb", ["--root-owner-group", "--build", join(dir, "tree"), join(dir, "broken.deb")]);
}

describe("the setup script", () => {
  it.each([
    ["setup", SETUP_SCRIPT],
    ["lintian", LINTIAN_WRAPPER],
  ])("%s is POSIX shell", (_name, script) => {
    expect(spawnSync("dash", ["-n"], { input: script, encoding: "utf8" })).toMatchObject({
      status: 0,
      stderr: "",
    });
  });
});
