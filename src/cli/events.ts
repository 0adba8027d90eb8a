import type { Command } from "commander";
import { EVENT_TYPES } from "#events";
import { MbdError } from "#platform";
import { createClient } from "./client.ts";
import { authorizationFor, type CredentialOptions } from "./credentials.ts";
import type { CliDeps } from "./deps.ts";
import { homeOf, parseEndpoint } from "./endpoint.ts";
import { eventLine } from "./event-line.ts";
import { followEvents } from "./event-stream.ts";
import { EXIT } from "./exit-codes.ts";
import { colorsFor } from "./io.ts";

interface EventsOptions extends CredentialOptions {
  readonly home?: string;
  readonly json?: boolean;
  readonly after?: string;
  readonly type?: string[];
  readonly distribution?: string;
  readonly source?: string;
  readonly version?: string;
  readonly minVersion?: string;
  readonly bkey?: string;
  readonly exitOn?: string[];
  readonly failOn?: string[];
}

/** `mini-buildd events ENDPOINT`: follows events until one of `--exit-on` or `--fail-on` comes, or Ctrl-C. */
async function runEvents(deps: CliDeps, target: string, options: EventsOptions): Promise<number> {
  const { io } = deps;
  const [exitOn, failOn] = [typesOf("exit-on", options.exitOn), typesOf("fail-on", options.failOn)];
  const endpoint = parseEndpoint(target, homeOf(options.home, io.env));
  const client = createClient(endpoint, await authorizationFor(endpoint, options, io));
  const colors = colorsFor(io, io.outIsTerminal);
  const events = followEvents(client, {
    query: queryOf(options),
    after: afterOf(options.after),
    signal: io.interrupted,
    onLost: (reason) => io.err(`Connection lost (${reason}), trying again.\n`),
  });
  for await (const event of events) {
    io.out(options.json === true ? `${JSON.stringify(event)}\n` : eventLine(event, colors));
    if (failOn.includes(event.type)) return EXIT.resultFailed;
    if (exitOn.includes(event.type)) return EXIT.done;
  }
  return EXIT.done;
}

function queryOf(options: EventsOptions): Record<string, string> {
  const types = typesOf("type", options.type);
  const query = {
    type: types.join(","),
    distribution: options.distribution ?? "",
    source: options.source ?? "",
    version: options.version ?? "",
    min_version: options.minVersion ?? "",
    bkey: options.bkey ?? "",
  };
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ""));
}

function typesOf(option: string, given: readonly string[] = []): string[] {
  const types = given.flatMap((text) => text.split(",")).map((type) => type.trim().toUpperCase());
  for (const type of types) {
    if (!EVENT_TYPES.some((known) => known === type))
      throw new MbdError("bad_argument", {
        argument: option,
        reason: `'${type}' is not one of: ${EVENT_TYPES.join(", ")}`,
      });
  }
  return types;
}

function afterOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  throw new MbdError("bad_argument", {
    argument: "after",
    reason: `'${text}' is not the number of an event`,
  });
}

/** Types separated by commas, or the option several times. */
function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

export function addEventsCommand(program: Command, deps: CliDeps, finish: (code: number) => void): void {
  program
    .command("events")
    .description("follow the events of an instance")
    .argument("<endpoint>", "address of an instance, HOST[:PORT], or `local`")
    .option("--type <types>", `only these types (${EVENT_TYPES.join(", ")})`, collect)
    .option("--distribution <name>", "only this distribution")
    .option("--source <name>", "only this source package")
    .option("--version <version>", "only this version")
    .option("--min-version <version>", "only this version and higher ones")
    .option("--bkey <bkey>", "only this packaging and its builds")
    .option("--after <id>", "begin behind this event; from now on unless given")
    .option("--exit-on <types>", "end with 0 at an event of these types", collect)
    .option("--fail-on <types>", `end with ${EXIT.resultFailed} at an event of these types`, collect)
    .option("--json", "one JSON object a line")
    .option("--home <dir>", "home of the local instance")
    .option("--token <token>", "API token, or @FILE with one")
    .option("--user <name>", "user name; the password is asked for, or taken from MINI_BUILDD_PASSWORD")
    .action(async (target: string, options: EventsOptions) => finish(await runEvents(deps, target, options)));
}
