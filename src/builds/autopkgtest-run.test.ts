import { describe, expect, it } from "vitest";
import { type AutopkgtestRun, autopkgtestResult, createAutopkgtestReader } from "./autopkgtest-run.ts";
import type { QaResult } from "./build-result.ts";

function read(summary: string, ...log: readonly string[]): AutopkgtestRun {
  const reader = createAutopkgtestReader(summary);
  for (const [index, text] of log.entries()) reader.push(text, index + 1);
  return reader.read();
}

describe("autopkgtestResult, builds.md 8.2", () => {
  it.each<[number | null, QaResult]>([
    [0, "PASS"],
    [2, "WARN"],
    [4, "FAIL"],
    [6, "FAIL"],
    [8, "NOTESTS"],
    [12, "FAIL"],
    [14, "FAIL"],
    [16, "ERROR"],
    [20, "ERROR"],
    [1, "ERROR"],
    [137, "ERROR"],
    [null, "ERROR"],
  ])("exit %s: %s", (exit, result) => {
    expect(autopkgtestResult(exit)).toBe(result);
  });
});

describe("createAutopkgtestReader", () => {
  it("counts tests and shows those that did not pass, where autopkgtest sums up", () => {
    const summary =
      "smoke                PASS\nunits                FAIL non-zero exit status 3\nnet                  SKIP Test needs a network\n";

    const run = read(
      summary,
      "units                FAIL non-zero exit status 3",
      "E: something the tests print",
      "autopkgtest [12:00:01]: @@@@@@@@@@@@@@@@@@@@ summary",
      ...summary.trimEnd().split("\n"),
    );

    expect(run.counts).toEqual({ pass: 1, fail: 1, skip: 1 });
    expect(run.lines).toEqual([
      { line: 5, text: "units                FAIL non-zero exit status 3" },
      { line: 6, text: "net                  SKIP Test needs a network" },
    ]);
  });

  it("shows a bad package with what apt said of it", () => {
    const run = read(
      "blame: greet\nbadpkg: Test dependencies are unsatisfiable. A common reason is: …\n",
      "Some packages could not be installed.",
      "E: Unable to correct problems, you have held broken packages.",
      "greet: badpkg: Test dependencies are unsatisfiable.",
    );

    expect(run.counts).toEqual({});
    expect(run.lines.map(({ text }) => text)).toEqual([
      "blame: greet",
      "badpkg: Test dependencies are unsatisfiable. A common reason is: …",
      "E: Unable to correct problems, you have held broken packages.",
    ]);
  });

  it("shows why the test bed failed when there is no summary", () => {
    const run = read(
      "",
      "autopkgtest [12:00:00]: starting",
      "<VirtSubproc>: failure: ['unshare'] failed (exit status 1)",
      "autopkgtest [12:00:01]: ERROR: testbed failure: unexpected eof from the testbed",
    );

    expect(run.lines.map(({ line }) => line)).toEqual([2, 3]);
  });

  it("keeps little of very much", () => {
    const tests = Array.from({ length: 5000 }, (_, index) => `test${index} FAIL ${"x".repeat(1000)}`);

    const run = read(tests.join("\n"), ...tests);

    expect(run.lines).toHaveLength(50);
    expect(run.lines[0]?.text).toHaveLength(400);
  });
});
