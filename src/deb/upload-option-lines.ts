/** What looks like an upload option in a changelog: the texts, and what is wrong with others. */
export interface OptionLines {
  /** `KEY[ARCH]=VALUE` texts, continuation lines joined. */
  readonly texts: readonly string[];
  /** Bullets that were surely meant as an option. */
  readonly almost: readonly { readonly code: "option_syntax" | "option_obsolete"; readonly text: string }[];
}

const START = /^(\s+)\*\s+MINI_BUILDD_OPTION:\s*(.*)$/;
const ALMOST = /^\s+\*\s+MINI_BUILDD_OPTION/;
const OBSOLETE = /^\s+\*\s+MINI_BUILDD:/;

/**
 * Finds the options in the first block of a decoded `Changes` text: later blocks are of earlier versions. An option's
 * text goes on in lines indented deeper than its bullet, up to the next bullet, empty line or `[ Name ]`.
 */
export function findOptionLines(changes: string): OptionLines {
  const lines = firstBlock(changes.split("\n"));
  const texts: string[] = [];
  const almost: OptionLines["almost"][number][] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    const start = START.exec(line);
    if (start === null) {
      if (ALMOST.test(line)) almost.push({ code: "option_syntax", text: line.trim() });
      if (OBSOLETE.test(line)) almost.push({ code: "option_obsolete", text: line.trim() });
      continue;
    }
    const [, indentation = "", first = ""] = start;
    const parts = [first.trim()];
    while (isContinuation(lines[index + 1], indentation.length)) {
      index += 1;
      parts.push((lines[index] ?? "").trim());
    }
    texts.push(parts.join(" ").trim());
  }
  return { texts, almost };
}

function firstBlock(lines: readonly string[]): readonly string[] {
  const start = lines.findIndex(isHeading);
  if (start < 0) return [];
  const body = lines.slice(start + 1);
  const end = body.findIndex(isHeading);
  return end < 0 ? body : body.slice(0, end);
}

function isHeading(line: string): boolean {
  return /^\S/.test(line);
}

function isContinuation(line: string | undefined, indentation: number): boolean {
  if (line === undefined) return false;
  const text = line.trimStart();
  if (text === "" || line.length - text.length <= indentation) return false;
  return !/^[*+-] /.test(text) && !/^\[ .* \]$/.test(text.trimEnd());
}
