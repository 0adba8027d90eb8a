import type { CliDeps } from "../deps.ts";
import { EXIT } from "../exit-codes.ts";
import { createRootCommand, reportError } from "../report.ts";
import { addArchiveCommands } from "./commands.ts";

/**
 * `mini-buildd archive …` alone, with the same words and exit codes as within the whole program: it is run in loops and
 * by other programs, and starts in a fraction of the time that loading all commands takes.
 */
export async function runArchiveCli(argv: readonly string[], deps: CliDeps): Promise<number> {
  let code: number = EXIT.done;
  const program = createRootCommand(deps);
  addArchiveCommands(program, deps, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    return reportError(error, deps);
  }
}
