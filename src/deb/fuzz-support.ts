import fc from "fast-check";
import { FormatError } from "./errors.ts";

/** For tests: `samples` with a few random cuts, repeats and insertions, mixed with plain random text. */
export function mutated(samples: readonly string[]): fc.Arbitrary<string> {
  const insertion = fc.oneof(
    fc.string({ maxLength: 5 }),
    fc.constantFrom(
      "\n",
      "\n\n",
      " ",
      "\t",
      "\r",
      "\0",
      ":",
      ",",
      "|",
      "(",
      ")",
      "<",
      ">",
      "[",
      "]",
      "#",
      "~",
      "+",
      "-",
      "=",
      "é",
    ),
  );
  const edit = fc.record({
    at: fc.nat(),
    remove: fc.nat({ max: 6 }),
    insert: insertion,
    times: fc.nat({ max: 3 }),
  });
  const edited = fc
    .tuple(fc.constantFrom(...samples), fc.array(edit, { minLength: 1, maxLength: 5 }))
    .map(([sample, edits]) => edits.reduce(applyEdit, sample));
  return fc.oneof(
    { arbitrary: edited, weight: 4 },
    { arbitrary: fc.string({ unit: "binary", maxLength: 60 }), weight: 1 },
  );
}

/** Runs a parser and swallows the one error it may throw; anything else reaches the test. */
export function onlyFormatError(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    if (error instanceof FormatError && /^[^\n]+[.?!]$/.test(error.message)) return false;
    throw error;
  }
}

function applyEdit(
  text: string,
  edit: { at: number; remove: number; insert: string; times: number },
): string {
  const at = text.length === 0 ? 0 : edit.at % (text.length + 1);
  return text.slice(0, at) + edit.insert.repeat(edit.times) + text.slice(at + edit.remove);
}
