import { Argument, type Command, Option } from "commander";
import type { SettingsRequest } from "#api";
import { HOME_HELP, type HomeOption } from "./with-admin.ts";

interface Options extends HomeOption {
  readonly json?: boolean;
}

interface SetOptions extends Options {
  readonly phase: "chroot" | "build";
  readonly package: string[];
  readonly variable: string[];
  readonly path: string[];
}

export interface BlockCommandDeps {
  readonly run: (options: Options, request: SettingsRequest) => Promise<void>;
  /** Of a file, or of standard input for `-`. */
  readonly readText: (file: string) => Promise<string>;
}

/** `mini-buildd admin block …`: pieces of set-up that chroots and distributions list. */
export function addAdminBlockCommands(admin: Command, { run, readText }: BlockCommandDeps): void {
  const block = admin
    .command("block")
    .description("blocks: pieces of set-up that chroots and builds of a distribution have");
  common(block.command("list").description("list the blocks with their versions and what lists them")).action(
    (options: Options) => run(options, { command: "block-list" }),
  );
  common(block.command("show").description("show a block; of an own one, with its text"))
    .argument("<block>")
    .action((name: string, options: Options) => run(options, { command: "block-show", name }));
  common(
    block
      .command("set")
      .description("make a block of your own, or another version of it; what is not given again, goes"),
  )
    .argument("<block>", "its name: lower case letters, digits and '-', a letter first")
    .addArgument(new Argument("<file>", "shell text run as root in the chroot; - for standard input"))
    .addOption(
      new Option("--phase <phase>", "what lists it: builds of distributions, or chroots")
        .choices(["build", "chroot"])
        .default("build"),
    )
    .option("--package <names>", "of a block of chroots: packages to install before", collect, [])
    .option("--variable <name=value>", "of a block of builds: a variable of the build", each, [])
    .option("--path <directories>", "of a block of builds: what stands first in its path", collect, [])
    .action(async (name: string, file: string, options: SetOptions) => {
      const { phase, package: packages, variable: variables, path } = options;
      const text = await readText(file);
      await run(options, { command: "block-set", name, phase, text, packages, variables, path });
    });
  common(block.command("remove").description("remove a block of your own that nothing lists any more"))
    .argument("<block>")
    .action((name: string, options: Options) => run(options, { command: "block-remove", name }));
}

function common(command: Command): Command {
  return command.option("--json", "as JSON").option("--home <dir>", HOME_HELP);
}

const each = (text: string, before: readonly string[]): string[] => [...before, text];

/** Words separated by commas, or the option several times. */
function collect(text: string, before: readonly string[]): string[] {
  const words = text.split(",").map((word) => word.trim());
  return [...before, ...words.filter((word) => word !== "")];
}
