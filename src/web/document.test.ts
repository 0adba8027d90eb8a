import { expect, test } from "vitest";
import { harmless } from "./document.tsx";

test.each([
  ["a NUL", "a\u0000b", "a\u2400b"],
  ["a bell and an escape", "\u0007\u001b[31m", "\u2407\u241b[31m"],
  ["DEL", "\u007f", "\u2421"],
  ["a C1 control", "\u009b31m", "\ufffd31m"],
  ["text that reads backwards", "gpj.\u202eexe", "gpj.\ufffdexe"],
  ["half a surrogate pair", "x\ud800y", "x\ufffdy"],
])("makes %s visible", (_what, text, shown) => {
  expect(harmless(text)).toBe(shown);
});

test("leaves line ends, tabs, and all writing as it is", () => {
  const text = "ä\tß\n漢字 עברית 🎉";

  expect(harmless(text)).toBe(text);
});
