import { fileURLToPath } from "node:url";
import { runCli, systemIo, systemOwner } from "#cli";
import { silentLog } from "#platform";
import { createAdmin } from "./daemon/admin.ts";
import { serve } from "./daemon/daemon.ts";
import { openFoundation } from "./daemon/foundation.ts";
import { VERSION } from "./version.ts";

const program = { version: VERSION, runnerFile: fileURLToPath(new URL("./runner.js", import.meta.url)) };

process.exitCode = await runCli(process.argv.slice(2), {
  version: VERSION,
  io: systemIo(),
  owner: systemOwner,
  serve: (options) => serve(options, program),
  async openHome(home) {
    const foundation = await openFoundation({ home }, silentLog);
    return { admin: createAdmin(foundation), close: () => foundation.close() };
  },
});
