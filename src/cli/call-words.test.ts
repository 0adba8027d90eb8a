import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allCalls, type CallDefinition, commandLine } from "#api";
import { callValues, readValues, textsOfValues } from "#testing";
import { parseCall } from "./call-command.ts";
import { systemIo } from "./io.ts";

/** Takes the program's place in a shell: its words, and what it would read, with a NUL behind each. */
const STAND_IN = `
function mini-buildd {
  local word
  for word; do printf '%s\\0' "$word"; done
  if [ "\${!#}" = - ]; then printf 'input:'; cat; fi
  printf '\\0end\\0'
}
`;

const terminal = systemIo();

interface Typed {
  readonly words: readonly string[];
  readonly input: string;
}

/** What the program gets of command lines that a real shell reads. */
function typed(lines: readonly string[]): Typed[] {
  const out = execFileSync("bash", ["-c", `${STAND_IN}\n${lines.join("\n")}`], { encoding: "utf8" });
  return out
    .split("\0end\0")
    .slice(0, -1)
    .map((part) => {
      const words = part.split("\0");
      const last = words.pop() ?? "";
      return { words, input: last.replace(/^input:/, "") };
    });
}

/** The values that the program reads of its words `api ENDPOINT CALL …`. */
async function parsed(call: CallDefinition, { words, input }: Typed) {
  const io = { ...terminal, readInput: () => Promise.resolve(input) };
  const { given } = await parseCall(call, words.slice(3), io, (command) => command.exitOverride());
  return readValues(call, given);
}

describe("the command line that a page shows gives the same values, and the same line again", () => {
  test.each(allCalls().map((call) => [call.name, call] as const))("%s", async (_name, call) => {
    const some = fc.array(callValues(call), { minLength: 25, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(some, async (all) => {
        const lines = all.map((values) => commandLine(call, textsOfValues(call, values), "local"));

        const again = await Promise.all(typed(lines).map((words) => parsed(call, words)));

        expect(again).toEqual(all);
        expect(again.map((values) => commandLine(call, textsOfValues(call, values), "local"))).toEqual(lines);
      }),
      { numRuns: 3 },
    );
  });
});
