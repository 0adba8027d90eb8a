import { describe, expect, test } from "vitest";
import { outcomeOf, PACKAGING_TRANSITIONS, UPLOAD_TRANSITIONS } from "./states.ts";

const build = (state: string, more: { arch?: string; optional?: number; reason?: string } = {}) => ({
  arch: "amd64",
  optional: 0,
  reason: null,
  state,
  ...more,
});

describe("outcomeOf", () => {
  test.each([
    ["one built", [build("BUILT")], "good"],
    ["skipped counts as good", [build("BUILT"), build("SKIPPED")], "good"],
    ["one still open", [build("BUILT"), build("BUILDING")], "open"],
    ["a failed one while another is open: its log is wanted", [build("FAILED"), build("QUEUED")], "open"],
    ["waiting for dependencies is open", [build("DEP_WAIT")], "open"],
    ["all ended, one failed", [build("BUILT"), build("FAILED")], "bad"],
    ["a cancelled mandatory build", [build("CANCELLED")], "bad"],
    ["mandatory good, optional open", [build("BUILT"), build("BUILDING", { optional: 1 })], "open"],
    ["mandatory good, optional failed", [build("BUILT"), build("FAILED", { optional: 1 })], "good"],
    ["mandatory bad, optional open", [build("FAILED"), build("BUILDING", { optional: 1 })], "bad"],
  ] as const)("%s", (_name, builds, kind) => {
    expect(outcomeOf(builds).kind).toBe(kind);
  });

  test("names what failed and why", () => {
    const outcome = outcomeOf([build("FAILED", { reason: "qa" }), build("CANCELLED", { arch: "arm64" })]);

    expect(outcome).toEqual({
      kind: "bad",
      failed: [
        { arch: "amd64", reason: "qa" },
        { arch: "arm64", reason: "cancelled" },
      ],
    });
  });
});

test.each([UPLOAD_TRANSITIONS, PACKAGING_TRANSITIONS])(
  "every state that is entered is in its table",
  (table) => {
    const states: readonly string[] = Object.keys(table);
    const entered: readonly string[] = Object.values(table).flat();

    for (const state of entered) expect(states).toContain(state);
  },
);
