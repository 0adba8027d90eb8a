/** A command line as bash has it up to the cursor. */
export interface BashLine {
  /** Whole words, without quotes. */
  readonly words: readonly string[];
  /** The word at the cursor, without quotes. */
  readonly current: string;
  /** How much of it bash keeps: it replaces only what follows the last of its word breaks, such as `:` and `=`. */
  readonly keeps: number;
  /** The quote that the word at the cursor is in. */
  readonly quote: "'" | '"' | "";
}

/**
 * Takes a line apart as a shell does (bash(1), QUOTING), with nothing expanded. `breaks` is `COMP_WORDBREAKS`. Only the
 * simple command at the cursor counts.
 */
export function readBashLine(line: string, breaks: string): BashLine {
  let words: string[] = [];
  let word: string | undefined;
  let quote: BashLine["quote"] = "";
  let keeps = 0;
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    const next = line.charAt(at + 1);
    if (quote === "'" || (quote === '"' && char !== "\\")) {
      if (char === quote) quote = "";
      else word = `${word ?? ""}${char}`;
    } else if (char === "\\") {
      const kept = quote === '"' && !'"\\$`'.includes(next) ? char : "";
      word = `${word ?? ""}${kept}${next}`;
      at += 1;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= "";
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      keeps = 0;
    } else if (";|&(".includes(char)) {
      words = [];
      word = undefined;
      keeps = 0;
    } else {
      word = `${word ?? ""}${char}`;
      if (breaks.includes(char)) keeps = word.length;
    }
  }
  return { words, current: word ?? "", keeps, quote };
}

/** What bash is to insert for a value: quoted, so that nothing of it is anything but text. */
export function bashReply(value: string, { keeps, quote }: BashLine): string {
  const rest = value.slice(keeps);
  if (quote === "'") return rest.replaceAll("'", "'\\''");
  if (quote === '"') return rest.replace(/["\\$`]/g, "\\$&");
  return rest.replace(/[^A-Za-z0-9_@%+=:,./~-]/g, "\\$&");
}
