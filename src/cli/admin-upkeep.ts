import type { Command } from "commander";
import type { CliDeps } from "./deps.ts";
import { EXIT } from "./exit-codes.ts";
import { terminalText } from "./io.ts";
import { HOME_HELP, type HomeOption, withAdmin } from "./with-admin.ts";

/** `mini-buildd admin retention` and `admin pin`: what goes in time, and what does not. */
export function addUpkeepCommands(admin: Command, deps: CliDeps, finish: (code: number) => void): void {
  const { io } = deps;
  admin
    .command("retention")
    .description("let what is kept no longer go now, as happens daily: logs, results, sources, events, jobs")
    .option("-n, --dry-run", "only say what would go, and why")
    .option("--json", "as JSON")
    .option("--home <dir>", HOME_HELP)
    .action(async (options: HomeOption & { dryRun?: boolean; json?: boolean }) => {
      const dryRun = options.dryRun === true;
      const { lines } = await withAdmin(deps, options, (service) => service.retention({ dryRun }));
      const text = lines.map((line) => `${line}\n`).join("");
      io.out(options.json === true ? `${JSON.stringify({ dryRun, lines }, null, 2)}\n` : terminalText(text));
      if (lines.length === 0) io.err("Nothing goes now.\n");
      finish(EXIT.done);
    });
  admin
    .command("pin")
    .description("keep all of a packaging whatever its age: sources, results, logs")
    .argument("<bkey>", "its build key")
    .option("--off", "keep it no longer than others again")
    .option("--home <dir>", HOME_HELP)
    .action(async (bkey: string, options: HomeOption & { off?: boolean }) => {
      const pinned = options.off !== true;
      await withAdmin(deps, options, (service) => service.pin({ bkey, pinned }));
      io.err(terminalText(`${bkey} is kept ${pinned ? "whatever its age" : "as long as others"}.\n`));
      finish(EXIT.done);
    });
}
