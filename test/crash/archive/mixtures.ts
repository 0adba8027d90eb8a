import type { Observation } from "./observe.ts";
import type { State } from "./states.ts";

/**
 * What a client saw that never was, or was before what it had seen already. Each observation must be a state of the
 * distribution, and states and dates only go forward.
 */
export function findMixtures(states: readonly State[], seen: readonly Observation[]): string[] {
  const wrong: string[] = [];
  let at = 0;
  let date = Number.NEGATIVE_INFINITY;
  for (const [index, { content, date: text }] of seen.entries()) {
    const next = states.findIndex((state, position) => position >= at && state.content === content);
    if (next === -1) {
      const ever = states.some((state) => state.content === content);
      wrong.push(`observation ${index} of ${text} ${ever ? "goes back" : "is a mixture"}:\n${content}`);
    } else {
      at = next;
    }
    if (!(Date.parse(text) >= date)) wrong.push(`observation ${index}: ${text} is before the one before`);
    date = Date.parse(text);
  }
  return wrong;
}
