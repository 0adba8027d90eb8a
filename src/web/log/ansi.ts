import Anser from "anser";

/** A run of text in one look; `classes` are names that log.css knows. */
export interface Segment {
  readonly text: string;
  readonly classes: string;
}

/** A line is shown up to here; the raw log has the rest. */
export const LINE_CHARS = 3000;

const COLOUR = /^ansi-(?:bright-)?(?:black|red|green|yellow|blue|magenta|cyan|white)$/;

/**
 * A line of terminal output as text in colours. Only SGR sequences (ECMA-48 8.3.117) mean something here; others
 * (titles, links, cursor movements) are dropped, and of text that carriage returns wrote over only the last remains.
 * Colours do not go on from line to line, so any line can be shown without those before it.
 */
export function ansiSegments(line: string): readonly Segment[] {
  const cut = line.length > LINE_CHARS;
  const text = lastWritten(withoutOtherSequences(line.slice(0, LINE_CHARS)));
  const segments = text.includes("\u001b[")
    ? Anser.ansiToJson(text, { json: true, use_classes: true, remove_empty: true }).map((entry) => ({
        text: entry.content,
        classes: classesOf(entry),
      }))
    : [{ text, classes: "" }];
  const more = `… ${line.length - LINE_CHARS} more characters in the raw log`;
  return cut ? [...segments, { text: more, classes: "cut" }] : segments;
}

function withoutOtherSequences(text: string): string {
  return text
    .replaceAll(/\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\|$)/g, "")
    .replaceAll(/\u001b\[[0-?]*[ -/]*[@-ln-~]/g, "")
    .replaceAll(/\u001b[^[]/g, "");
}

function lastWritten(text: string): string {
  const line = text.replace(/\r+$/, "");
  return line.slice(line.lastIndexOf("\r") + 1);
}

function classesOf(entry: { fg: string; bg: string; decorations: readonly string[] }): string {
  const colours = [entry.fg, entry.bg === "" ? "" : `${entry.bg}-bg`].filter((name) =>
    COLOUR.test(name?.replace(/-bg$/, "") ?? ""),
  );
  const looks = entry.decorations
    .filter((name) => name === "bold" || name === "underline" || name === "italic")
    .map((name) => `ansi-${name}`);
  return [...colours, ...looks].join(" ");
}
