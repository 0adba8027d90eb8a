import { fileURLToPath } from "node:url";
import { type CliDeps, runCli, systemIo, systemOwner } from "#cli";
import { VERSION } from "./version.ts";

const program = { version: VERSION, runnerFile: fileURLToPath(new URL("./runner.js", import.meta.url)) };

// The daemon is loaded only where it is needed: commands that talk to a running one start faster without.
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

process.exitCode = await runCli(process.argv.slice(2), deps);
