import type { Command } from "commander";
import type { SettingsRequest } from "#api";
import { MbdError } from "#platform";
import { HOME_HELP, type HomeOption } from "./with-admin.ts";

interface Options extends HomeOption {
  readonly json?: boolean;
}

interface HoldOptions extends Options {
  readonly reason?: string;
  readonly by?: string;
  readonly off?: boolean;
}

type Run = (options: Options, request: SettingsRequest) => Promise<void>;

/** `mini-buildd admin hold` and `admin holds`: sources that do not migrate by themselves. */
export function addAdminHoldCommands(admin: Command, run: Run): void {
  common(
    admin
      .command("hold")
      .description(
        "keep a source from migrating by itself out of a distribution, until --off; people still may",
      ),
  )
    .argument("<distribution>", "where it stays, such as bookworm-test-unstable")
    .argument("<source>", "its name; it need not be there yet")
    .option("--reason <text>", "why, for all who look at the package")
    .option("--by <name>", "who holds it, for all who look (default: local)")
    .option("--off", "let it migrate by itself again")
    .action(async (distribution: string, source: string, { reason, by, off, ...options }: HoldOptions) => {
      if (off === true) return await run(options, { command: "hold-lift", distribution, source });
      if (reason === undefined)
        throw new MbdError("bad_argument", { argument: "--reason", reason: "say why the source is held" });
      return await run(options, { command: "hold-set", distribution, source, reason, by });
    });
  common(
    admin.command("holds").description("list the sources that are held, by whom, since when and why"),
  ).action((options: Options) => run(options, { command: "hold-list" }));
}

function common(command: Command): Command {
  return command.option("--json", "as JSON").option("--home <dir>", HOME_HELP);
}
