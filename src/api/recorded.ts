import type { CallDefinition } from "./call.ts";

/** What is recorded of what was given: secrets by their name only. */
export function recordedGiven(
  definition: Pick<CallDefinition, "arguments">,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const secret = Object.values(definition.arguments).filter((argument) => argument.secret);
  const names = new Set(secret.map((argument) => argument.identity));
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, names.has(name) ? "(secret)" : value]),
  );
}
