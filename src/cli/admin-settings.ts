import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { Argument, type Command } from "commander";
import type { SettingsReport, SettingsRequest } from "#api";
import { errorText, MbdError } from "#platform";
import type { SubjectKind } from "#repositories";
import { addAdminBlockCommands } from "./admin-blocks.ts";
import { addAdminHoldCommands } from "./admin-holds.ts";
import type { CliDeps } from "./deps.ts";
import { EXIT, RemoteError } from "./exit-codes.ts";
import { terminalText } from "./io.ts";
import { HOME_HELP, type HomeOption, withAdmin } from "./with-admin.ts";

export const SUBJECT_KINDS = ["repository", "distribution", "chroot", "layout", "suite"] as const;

interface Options extends HomeOption {
  readonly json?: boolean;
  readonly wait?: boolean;
}

type Run = (options: Options, request: SettingsRequest) => Promise<void>;

/** `mini-buildd admin show`, `set`, `layout …`, `hold` and `block …`: what repositories, distributions and chroots are like. */
export function addAdminSettingsCommands(
  admin: Command,
  deps: CliDeps,
  finish: (code: number) => void,
): void {
  const run: Run = async (options, request) => {
    const report = await ask(deps, options, request);
    for (const note of report.notes) deps.io.err(`${terminalText(note)}\n`);
    deps.io.out(
      options.json === true ? `${JSON.stringify(report.result, null, 2)}\n` : terminalText(report.text),
    );
    finish(EXIT.done);
  };
  const kind = () =>
    new Argument("<kind>", "repository, distribution, chroot, layout or suite").choices(SUBJECT_KINDS);
  const what = "IDENTITY, CODENAME-IDENTITY, CODENAME:ARCHITECTURE, LAYOUT or LAYOUT/SUITE";
  common(
    admin
      .command("show")
      .description("show the settings of a repository, distribution, chroot, layout or suite"),
  )
    .addArgument(kind())
    .argument("<name>", what)
    .action((of: SubjectKind, name: string, options: Options) =>
      run(options, { command: "show", kind: of, name }),
    );
  common(admin.command("set").description("change settings, all that are given or none; says what changed"))
    .addArgument(kind())
    .argument("<name>", what)
    .argument("<key=value...>", "a setting and its new value, which may be empty")
    .option("--no-wait", "do not wait for packagings under way that depend on a setting")
    .action((of: SubjectKind, name: string, given: string[], options: Options) =>
      run(options, { command: "set", kind: of, name, values: valuesOf(given) }),
    );
  addLayoutCommands(admin, deps, run);
  addAdminHoldCommands(admin, run);
  addAdminBlockCommands(admin, { run, readText: (file) => readText(deps, file, "block") });
}

function addLayoutCommands(admin: Command, deps: CliDeps, run: Run): void {
  const layout = admin
    .command("layout")
    .description("layouts: sets of suites with rules that repositories have");
  common(layout.command("list").description("list the layouts with their suites and repositories")).action(
    (options: Options) => run(options, { command: "layout-list" }),
  );
  common(layout.command("show").description("print a layout as a file that can be changed and given back"))
    .argument("<layout>")
    .action((name: string, options: Options) => run(options, { command: "layout-show", name }));
  common(layout.command("add").description("add a layout of your own"))
    .argument("<file>", "JSON, or paragraphs as 'layout show' prints them; - for standard input")
    .action(async (file: string, options: Options) =>
      run(options, { command: "layout-add", text: await readText(deps, file, "layout") }),
    );
  common(layout.command("change").description("make a layout what a file says"))
    .argument("<file>", "the whole layout; suites that it leaves out go, if they are empty")
    .option("--no-wait", "do not wait for packagings under way to a suite that goes")
    .action(async (file: string, options: Options) =>
      run(options, { command: "layout-change", text: await readText(deps, file, "layout") }),
    );
}

function common(command: Command): Command {
  return command.option("--json", "as JSON").option("--home <dir>", HOME_HELP);
}

/** How often a change is tried that waits for packagings. */
const AGAIN_MS = 2000;

/** A daemon brings to their end the packagings that a change waits for; without one it would wait for ever. */
async function ask(deps: CliDeps, options: Options, request: SettingsRequest): Promise<SettingsReport> {
  for (let told = false; ; told = true) {
    try {
      return await withAdmin(deps, options, (service) => service.settings(request));
    } catch (error) {
      const waits = error instanceof RemoteError && error.code === "setting_busy" && options.wait !== false;
      if (!waits || deps.io.interrupted.aborted) throw error;
      if (!told) deps.io.err(`${terminalText(error.message)}\nWaiting for that; Ctrl-C gives up.\n`);
      await pause(AGAIN_MS, undefined, { signal: deps.io.interrupted }).catch(() => undefined);
    }
  }
}

function valuesOf(given: readonly string[]): Record<string, string> {
  const values = new Map<string, string>();
  for (const word of given) {
    const at = word.indexOf("=");
    const key = word.slice(0, Math.max(at, 0)).replaceAll("-", "_");
    if (key === "") throw new MbdError("bad_argument", { argument: word, reason: "it is not KEY=VALUE" });
    if (values.has(key)) throw new MbdError("bad_argument", { argument: key, reason: "it is given twice" });
    values.set(key, word.slice(at + 1));
  }
  return Object.fromEntries(values);
}

const MAX_TEXT_BYTES = 100_000;

/** Read before root becomes the owner of the home, who may not be allowed to. */
async function readText({ io }: CliDeps, file: string, what: string): Promise<string> {
  const text = await (file === "-" ? io.readInput() : readFile(file, "utf8")).catch((error: unknown) => {
    throw new MbdError("bad_argument", { argument: "file", reason: errorText(error) });
  });
  if (text.length <= MAX_TEXT_BYTES) return text;
  throw new MbdError("bad_argument", { argument: "file", reason: `${file} is not a ${what}` });
}
