/** As long as the longest name; only what names can hold, and the two wildcards. */
const PATTERN = /^[a-z0-9*?][a-z0-9+.*?-]{0,99}$/;

/** Whether a text can stand for names of source packages: `linux-*`, `foo?`, or a name itself. */
export function isSourcePattern(text: string): boolean {
  return PATTERN.test(text);
}

/**
 * Whether a pattern is for a whole name: `*` stands for any characters or none, `?` for one. It steps back to the last
 * `*` only, as what an earlier one took need never change: no pattern takes more than length by length steps.
 */
export function matchesSourcePattern(pattern: string, name: string): boolean {
  let [at, star, behindStar] = [0, -1, 0];
  for (let n = 0; n < name.length; ) {
    const wanted = pattern[at];
    if (wanted === "*") {
      star = at++;
      behindStar = n;
    } else if (wanted === "?" || wanted === name[n]) {
      at += 1;
      n += 1;
    } else if (star >= 0) {
      at = star + 1;
      n = ++behindStar;
    } else return false;
  }
  while (pattern[at] === "*") at += 1;
  return at === pattern.length;
}
