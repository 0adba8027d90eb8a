import { Command, CommanderError } from "commander";
import { errorText, MbdError } from "#platform";
import type { CliDeps } from "./deps.ts";
import { EXIT, exitCodeOf, isInternal, RemoteError } from "./exit-codes.ts";
import { colorsFor, terminalText } from "./io.ts";

/** Commander would end the process and write by itself; tests and exit codes need it to do neither. */
export function configureCommand(deps: CliDeps): (command: Command) => Command {
  return (command) =>
    command
      .exitOverride()
      .configureOutput({ writeOut: deps.io.out, writeErr: deps.io.err })
      .showHelpAfterError("(--help shows what can be given)");
}

/** The program without its commands. */
export function createRootCommand(deps: CliDeps): Command {
  return configureCommand(deps)(new Command("mini-buildd"))
    .description("A build daemon and APT repository for Debian and its derivatives")
    .version(deps.version, "--version")
    .enablePositionalOptions();
}

/** Says what went wrong in one sentence, and what to do in another. */
export function reportError(error: unknown, { io }: CliDeps): number {
  // Commander has written its own message; 0 is help or version.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const colors = colorsFor(io, io.errIsTerminal);
  if (error instanceof MbdError || error instanceof RemoteError) {
    const hint = error.hint === undefined ? "" : `${terminalText(error.hint)}\n`;
    io.err(`${colors.red("Error:")} ${terminalText(error.message)}\n${hint}`);
    return isInternal(error) ? EXIT.failed : exitCodeOf(error);
  }
  io.err(`${colors.red("Error:")} ${terminalText(errorText(error))}\n`);
  return EXIT.failed;
}
