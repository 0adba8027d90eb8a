import { describe, expect, it } from "vitest";
import { qaObjection, qaReports } from "./qa-verdict.ts";
import { exampleDescription } from "./test-support.ts";

describe("qaReports", () => {
  it.each([
    ["ERRFAIL", "lintian"],
    ["IGNORE", undefined],
  ] as const)("lintian that was ended for a limit of its own fails, in mode %s", (mode, objects) => {
    const { qa } = exampleDescription();
    const wanted = { ...qa, lintian: { mode, options: [] } };
    const facts = { lintian: undefined, lines: 7 };

    const reports = qaReports(wanted, { facts, lintianEndedBy: "memory_limit", checks: {}, ran: true });

    const text = "mini-buildd: lintian was ended: it needed more memory than allowed.";
    expect(reports.lintian).toMatchObject({ result: "FAIL", exit: null, lines: [{ line: 7, text }] });
    expect(qaObjection(reports, false)?.tool).toBe(objects);
    expect(qaObjection(reports, true)).toBeUndefined();
  });
});
