import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import type { AdminHook } from "#api";
import { EVENT_TYPES } from "#events";
import { errorText, MbdError } from "#platform";
import type { CliDeps } from "./deps.ts";
import { EXIT } from "./exit-codes.ts";
import { terminalText } from "./io.ts";
import { HOME_HELP, type HomeOption, withAdmin } from "./with-admin.ts";

interface AddOptions extends HomeOption {
  readonly type: string[];
  readonly distribution: string[];
  readonly source: string[];
  readonly allowHost: string[];
  readonly secretFile?: string;
}

/** `mini-buildd admin hook …`: programs that are told of events by HTTP. */
export function addAdminHookCommands(admin: Command, deps: CliDeps, finish: (code: number) => void): void {
  const hook = admin.command("hook").description("web hooks: addresses that events are sent to");
  addAdd(hook, deps, finish);
  addList(hook, deps, finish);
  hook
    .command("remove")
    .description("remove a web hook, and what was still to be sent to it")
    .argument("<name>")
    .option("--home <dir>", HOME_HELP)
    .action(async (name: string, options: HomeOption) => {
      await withAdmin(deps, options, (service) => service.removeHook({ name }));
      deps.io.err(`Web hook ${name} is removed.\n`);
      finish(EXIT.done);
    });
  hook
    .command("test")
    .description("send a message of type TEST to a web hook, and wait for the answer")
    .argument("<name>")
    .option("--home <dir>", HOME_HELP)
    .action(async (name: string, options: HomeOption) => {
      await withAdmin(deps, options, (service) => service.testHook({ name }));
      deps.io.err(`Web hook ${name} took the message.\n`);
      finish(EXIT.done);
    });
}

function addAdd(hook: Command, deps: CliDeps, finish: (code: number) => void): void {
  const { io } = deps;
  hook
    .command("add")
    .description(
      "send events to an address from now on; prints the secret of the signatures, once, if it was made",
    )
    .argument("<name>")
    .argument("<address>", "http:// or https:// address, or @FILE with one (others can see command lines)")
    .option("--type <types>", `only these types (${EVENT_TYPES.join(", ")})`, collect, [])
    .option("--distribution <names>", "only these distributions", collect, [])
    .option("--source <names>", "only these source packages", collect, [])
    .option("--secret-file <file>", "file with the secret, `-` for standard input; without it, one is made")
    .option("--allow-host <name>", "host whose address may be private, or this machine's own", collect, [])
    .option("--home <dir>", HOME_HELP)
    .action(async (name: string, address: string, options: AddOptions) => {
      // Read before root becomes the owner of the home, who may not be allowed to.
      const url = address.startsWith("@") ? await readLine("address", address.slice(1)) : address;
      const secret = await secretOf(deps, options.secretFile);
      const { distribution: distributions, source: sources, allowHost: allowedHosts } = options;
      const types = options.type.map((type) => type.toUpperCase());
      const added = await withAdmin(deps, options, (service) =>
        service.addHook({ name, url, secret, types, distributions, sources, allowedHosts }),
      );
      io.err(`Web hook ${name} is told of events from now on.\n`);
      if (added.secret !== undefined) {
        io.err("The secret of its signatures is shown this once:\n");
        io.out(`${added.secret}\n`);
      }
      finish(EXIT.done);
    });
}

function addList(hook: Command, deps: CliDeps, finish: (code: number) => void): void {
  const { io } = deps;
  hook
    .command("list")
    .description("list the web hooks with what they are told of, and how that goes")
    .option("--json", "as JSON")
    .option("--home <dir>", HOME_HELP)
    .action(async (options: HomeOption & { json?: boolean }) => {
      const { hooks } = await withAdmin(deps, options, (service) => service.listHooks());
      io.out(options.json === true ? `${JSON.stringify(hooks, null, 2)}\n` : hooks.map(lineOf).join(""));
      finish(EXIT.done);
    });
}

/** Words separated by commas, or the option several times. */
function collect(text: string, before: readonly string[]): string[] {
  const words = text.split(",").map((word) => word.trim());
  return [...before, ...words.filter((word) => word !== "")];
}

async function secretOf({ io }: CliDeps, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  return file === "-" ? (await io.readInput()).trim() : await readLine("secret-file", file);
}

async function readLine(argument: string, file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new MbdError("bad_argument", { argument, reason: errorText(error) });
  });
  return text.trim();
}

/** Name, address, filter and state: separated by tabs. */
function lineOf(hook: AdminHook): string {
  const filter = [hook.types, hook.distributions, hook.sources]
    .map((list) => list.join(",") || "*")
    .join(" ");
  const counts = `${hook.waiting} waiting, ${hook.givenUp} given up`;
  const last = hook.lastSentAt === undefined ? "never sent" : `last sent ${hook.lastSentAt}`;
  const state = hook.error === undefined ? last : `failed ${hook.failures} times: ${hook.error}`;
  return `${terminalText([hook.name, hook.url, filter, counts, state].join("\t"))}\n`;
}
