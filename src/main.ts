import { fileURLToPath } from "node:url";
import type { CliDeps } from "#cli";
import { systemIo } from "./cli/io.ts";
import { systemOwner } from "./cli/owner.ts";
import { VERSION } from "./version.ts";

const program = { version: VERSION, runnerFile: fileURLToPath(new URL("./runner.js", import.meta.url)) };

// Each part is loaded only where it is needed: commands start faster without the others.
const deps: CliDeps = {
  version: VERSION,
  io: systemIo(),
  owner: systemOwner,
  async serve(options) {
    const { serve } = await import("./daemon/daemon.ts");
    await serve(options, program);
  },
  async openHome(home) {
    const { openHome } = await import("./daemon/open-home.ts");
    return await openHome(home);
  },
  async openArchive(home) {
    const { openArchive } = await import("./daemon/open-archive.ts");
    return await openArchive(home);
  },
};

async function run(argv: readonly string[]): Promise<number> {
  if (argv[0] === "archive") {
    const { runArchiveCli } = await import("./cli/archive/index.ts");
    return await runArchiveCli(argv, deps);
  }
  const { runCli } = await import("#cli");
  return await runCli(argv, deps);
}

process.exitCode = await run(process.argv.slice(2));
