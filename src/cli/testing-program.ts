import type { CliDeps } from "./deps.ts";
import { systemIo } from "./io.ts";
import { systemOwner } from "./owner.ts";
import { runCli } from "./run.ts";

/** The command line as a process of its own, without a daemon; for tests that let other programs start it. */
const elsewhere = (): never => {
  throw new Error("there is no daemon in this program");
};
const deps: CliDeps = {
  version: "0.1.0",
  io: systemIo(),
  owner: systemOwner,
  serve: async () => elsewhere(),
  openHome: async () => elsewhere(),
  openArchive: async () => elsewhere(),
};

process.exitCode = await runCli(process.argv.slice(2), deps);
