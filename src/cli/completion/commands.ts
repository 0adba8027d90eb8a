import { Argument, type Command } from "commander";
import { findCall } from "#api";
import { createCallCommand } from "../call-command.ts";
import { askCallView } from "../call-view.ts";
import { createClient } from "../client.ts";
import { authorizationFor, knownEndpoints } from "../credentials.ts";
import type { CliDeps } from "../deps.ts";
import { readDputConfig } from "../dput/index.ts";
import { homeOf, parseEndpoint } from "../endpoint.ts";
import { EXIT } from "../exit-codes.ts";
import { bashReply, readBashLine } from "./bash-line.ts";
import { type Candidate, candidatesAt, type Sources } from "./candidates.ts";
import { findPlace, type Place } from "./place.ts";
import { SCRIPTS, SHELLS, type Shell } from "./scripts.ts";

/** What the shell is to offer: how, and one value a line. */
async function complete(
  program: Command,
  deps: CliDeps,
  configure: (command: Command) => Command,
  shell: Shell,
  words: readonly string[],
): Promise<string> {
  const line = shell === "bash" ? readBashLine(words[1] ?? "", words[0] ?? "") : undefined;
  const [name = "", ...before] = line?.words ?? words.slice(0, -1);
  const current = line?.current ?? words.at(-1) ?? "";
  const isApi = name.endsWith("mini-buildd-api");
  const place = findPlace(program, isApi ? ["api", ...before] : before, current, (call) => {
    const definition = findCall(call);
    return definition === undefined ? undefined : createCallCommand(definition, configure).command;
  });
  const found = await candidatesAt(place, sourcesOf(deps));
  if (found.kind !== "values") return `${found.kind}\n`;
  // A value with a line break or another control character could be taken for something else.
  const values = found.values.filter(({ value }) => !/\p{Cc}/u.test(value));
  const lines = values.map((each) => (line === undefined ? withText(each) : bashReply(each.value, line)));
  return `${["values", ...new Set(lines)].join("\n")}\n`;
}

function withText({ value, text }: Candidate): string {
  const words = text.replace(/\p{Cc}+/gu, " ").trim();
  return words === "" ? value : `${value}\t${words}`;
}

function sourcesOf({ io }: CliDeps): Sources {
  return {
    endpoints: async () => ["local", ...(await knownEndpoints(io.env))],
    targets: async () => [...(await readDputConfig(io)).keys()],
    async view(call, given: Place["given"], begin) {
      const endpoint = parseEndpoint(given.endpoint ?? "local", homeOf(given.home, io.env));
      return await askCallView(createClient(endpoint, await authorizationFor(endpoint, {}, io)), call, begin);
    },
  };
}

export function addCompletionCommands(
  program: Command,
  deps: CliDeps,
  finish: (code: number) => void,
  configure: (command: Command) => Command,
): void {
  program
    .command("completion")
    .description("print the completion script of a shell, for it to load")
    .addArgument(new Argument("<shell>", "bash, zsh or fish").choices(SHELLS))
    .action((shell: Shell) => deps.io.out(SCRIPTS[shell]));
  program
    .command("complete", { hidden: true })
    .addArgument(new Argument("<shell>").choices(SHELLS))
    .argument("[words...]")
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (shell: Shell, words: string[]) => {
      try {
        deps.io.out(await complete(program, deps, configure, shell, words));
      } catch {
        // Nobody asked for anything yet, so nothing is said about what does not work.
        finish(EXIT.failed);
      }
    });
}
