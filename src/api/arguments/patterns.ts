import { runInNewContext } from "node:vm";
import { badArgument, quoted } from "#platform";

const PLAIN = /^[a-z0-9-]+$/;
/** Characters that mean something in a regular expression, but nothing in a glob. */
const REGEX_ONLY = /[\^$()|+\\.{}]/;
const MAX_PATTERN = 200;
/** Of wall time: a busy machine must not make a good pattern look like a bad one. */
const MAX_MILLISECONDS = 500;
/** Each may take its time, and others wait meanwhile. */
const MAX_PATTERNS = 20;

/** The known names that `items` stand for, each once. @throws MbdError `bad_argument` as {@link expandPattern} */
export function expandPatterns(
  argument: string,
  items: readonly string[],
  known: readonly string[],
): readonly string[] {
  const patterns = items.filter((item) => !PLAIN.test(item)).length;
  if (patterns > MAX_PATTERNS) throw badArgument(argument, `it has more than ${MAX_PATTERNS} patterns`);
  return [...new Set(items.flatMap((item) => expandPattern(argument, item, known)))];
}

/**
 * The known names that `item` stands for: a plain name is taken as it is (whether it exists is another question), a
 * text with `*`, `?` or `[…]` is a glob, one with any other character of regular expressions must match whole names.
 * @throws MbdError `bad_argument` when it matches nothing, is no pattern, or takes too long.
 */
export function expandPattern(argument: string, item: string, known: readonly string[]): readonly string[] {
  if (PLAIN.test(item)) return [item];
  if (item.length > MAX_PATTERN)
    throw badArgument(argument, `a pattern has at most ${MAX_PATTERN} characters`);
  const matching = matchAll(argument, item, REGEX_ONLY.test(item) ? item : globToRegex(item), known);
  if (matching.length > 0) return matching;
  throw badArgument(argument, `${quoted(item)} matches none of: ${known.join(", ") || "(none)"}`);
}

function globToRegex(glob: string): string {
  return glob.replaceAll("*", ".*").replaceAll("?", ".").replaceAll("[!", "[^");
}

/** Matching may take exponential time with a bad expression, and only a context of its own can be stopped. */
function matchAll(argument: string, item: string, source: string, known: readonly string[]): string[] {
  try {
    const matching: unknown = runInNewContext(
      "const r = new RegExp('^(?:' + source + ')$'); JSON.stringify(JSON.parse(names).filter((n) => r.test(n)))",
      { source, names: JSON.stringify(known) },
      { timeout: MAX_MILLISECONDS },
    );
    return JSON.parse(String(matching)) as string[];
  } catch (error) {
    // Not an instance of this context's Error.
    const { code } = error as { readonly code?: unknown };
    const slow = code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
    const reason = slow ? "takes too long to match" : "is not a regular expression";
    throw badArgument(argument, `${quoted(item)} ${reason}`);
  }
}
