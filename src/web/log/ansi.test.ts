import { expect, test } from "vitest";
import { ansiSegments, LINE_CHARS } from "./ansi.ts";

const shown = (line: string) =>
  ansiSegments(line)
    .map(({ text }) => text)
    .join("");

test("colours and weight become classes, the rest of the line keeps none", () => {
  expect(ansiSegments("a \u001b[1;31merror:\u001b[0m b")).toEqual([
    { text: "a ", classes: "" },
    { text: "error:", classes: "ansi-red ansi-bold" },
    { text: " b", classes: "" },
  ]);
});

test("backgrounds have their own classes; palette and true colours, which the style sheets have none for, are left out", () => {
  expect(ansiSegments("\u001b[41mx")[0]?.classes).toBe("ansi-red-bg");
  expect(ansiSegments("\u001b[38;5;200mx")[0]).toEqual({ text: "x", classes: "" });
  expect(ansiSegments("\u001b[38;2;1;2;3mx")[0]).toEqual({ text: "x", classes: "" });
});

test.each([
  ["a link (OSC 8)", "\u001b]8;;javascript:alert(1)\u0007text\u001b]8;;\u0007", "text"],
  ["a title that never ends", "before\u001b]0;title", "before"],
  ["cursor movements", "\u001b[2J\u001b[10;5Htext\u001b[K", "text"],
  ["other sequences", "\u001bcte\u001b(Bxt", "text"],
])("drops %s", (_what, line, text) => {
  expect(shown(line)).toBe(text.replace("text", line.includes("(B") ? "teBxt" : "text"));
});

test("of what carriage returns wrote over, the last remains", () => {
  expect(shown("10%\r60%\r100%\r")).toBe("100%");
});

test("markup is text", () => {
  expect(ansiSegments("<b>\u001b[31m<script>")).toEqual([
    { text: "<b>", classes: "" },
    { text: "<script>", classes: "ansi-red" },
  ]);
});

test("a very long line is cut and says so, in little time whatever it holds", () => {
  const line = "\u001b[".repeat(500_000);
  const started = performance.now();

  const segments = ansiSegments(line);

  expect(performance.now() - started).toBeLessThan(1000);
  expect(segments.at(-1)?.text).toContain(`${line.length - LINE_CHARS} more characters`);
});
