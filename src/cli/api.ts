import type { Command } from "commander";
import {
  type ApiClient,
  type CallDefinition,
  callNamed,
  createApiClient,
  type GivenArguments,
  plainResult,
  unpublishedIn,
} from "#api";
import { MbdError } from "#platform";
import { addCallOptions, type CallOptions, parseCall } from "./call-command.ts";
import { askCallView } from "./call-view.ts";
import { createClient } from "./client.ts";
import { authorizationFor } from "./credentials.ts";
import type { CliDeps } from "./deps.ts";
import { homeOf, parseEndpoint } from "./endpoint.ts";
import { EXIT, RemoteError } from "./exit-codes.ts";
import { lastEvent } from "./follow-upload.ts";
import { colorsFor, terminalText } from "./io.ts";
import { exitCodeOf, WAITABLE, waitForPackagings } from "./wait-packagings.ts";

/** `mini-buildd api ENDPOINT CALL [arguments]`; returns the exit code. */
export async function runApi(
  deps: CliDeps,
  words: { endpoint: string; call: string; rest: readonly string[] },
  outer: CallOptions & { home?: string | undefined },
  configure: (command: Command) => Command,
): Promise<number> {
  const endpoint = parseEndpoint(words.endpoint, homeOf(outer.home, deps.io.env));
  const definition = callNamed(words.call);
  const wantsHelp = words.rest.some((word) => word === "--help" || word === "-h");
  const view = wantsHelp ? await askCallView(createClient(endpoint, undefined), definition.name) : undefined;
  const parsed = await parseCall(definition, words.rest, deps.io, configure, view);
  const options = { ...outer, ...parsed.options };
  const client = createClient(endpoint, await authorizationFor(endpoint, options, deps.io));
  const waits = WAITABLE.has(definition.name) && options.wait === true;
  const after = waits ? await lastEvent(client) : 0;
  const result = await runCall(deps, createApiClient(client), definition, parsed.given, options);
  if (result === DECLINED) return EXIT.failed;
  const text = options.json === true ? `${JSON.stringify(result, null, 2)}\n` : plainResult(result);
  deps.io.out(deps.io.outIsTerminal ? terminalText(text) : text);
  const later = unpublishedIn(result);
  if (later.length > 0)
    deps.io.err(terminalText(`It is done; apt will see it when ${later.join(", ")} is published.\n`));
  return waits ? await waitForPackagings(deps.io, client, result, after) : exitCodeOf(result);
}

const DECLINED = Symbol("declined");

async function runCall(
  deps: CliDeps,
  client: ApiClient,
  call: CallDefinition,
  given: GivenArguments,
  options: CallOptions,
): Promise<unknown> {
  if (options.yes === true || options.autoConfirm === true)
    return await client.ask(call, given, { confirm: true });
  try {
    // An instance answers a call that is not confirmed with its plan, and changes nothing.
    return await client.ask(call, given);
  } catch (error) {
    if (!(error instanceof RemoteError) || error.code !== "confirmation_missing") throw error;
    return (await askConfirmation(deps, call, error.plan ?? []))
      ? await client.ask(call, given, { confirm: true })
      : DECLINED;
  }
}

async function askConfirmation(
  deps: CliDeps,
  call: CallDefinition,
  plan: readonly string[],
): Promise<boolean> {
  const { io } = deps;
  const colors = colorsFor(io, io.errIsTerminal);
  const steps = plan.length > 0 ? plan : [`Run ${call.name}.`];
  io.err(
    `${colors.bold(`${call.name} would:`)}\n${steps.map((step) => `  - ${terminalText(step)}\n`).join("")}`,
  );
  if (!io.inIsTerminal)
    throw new MbdError("bad_argument", {
      argument: "yes",
      reason: `call '${call.name}' changes something, and there is no terminal to ask on; add --yes to do it`,
    });
  const answer = await io.ask("Do it? [y/N] ");
  if (/^y(?:es)?$/i.test(answer.trim())) return true;
  io.err("Nothing was done.\n");
  return false;
}

/** Registers the command on the program. */
export function addApiCommand(
  program: Command,
  deps: CliDeps,
  finish: (code: number) => void,
  configure: (command: Command) => Command,
): void {
  const command = program
    .command("api")
    .description("run a call of an instance's API (GET /api/ of an instance lists them)")
    .argument("<endpoint>", "address of an instance, HOST[:PORT], or `local` for the one on this machine")
    .argument("<call>", "name of the call")
    .argument("[arguments...]", "its arguments; `--help` here shows them")
    .option("--home <dir>", "home of the local instance")
    .passThroughOptions()
    .allowUnknownOption();
  addCallOptions(command).action(
    async (endpoint: string, call: string, rest: string[], options: CallOptions) => {
      finish(await runApi(deps, { endpoint, call, rest }, options, configure));
    },
  );
}
