import { z } from "zod";
import { bool } from "../arguments/index.ts";
import { defineCall } from "../call.ts";

/** State of the engine as `start` and `stop` answer it. */
export const engineState = z.object({
  state: z.enum(["running", "draining", "stopped"]),
  builds: z.int().describe("Builds that run now"),
});

export const start = defineCall({
  name: "start",
  doc: `Start the engine (accept incoming)

Does nothing if it runs already, unless checks are asked for.`,
  level: "ADMIN",
  confirm: true,
  arguments: {
    force_check: bool(["--force-check"], {
      doc: "Ask for a check of all sources first, and for new chroots where one is missing, a week old, or its sources changed.",
    }),
  },
  result: engineState,
});

export const stop = defineCall({
  name: "stop",
  doc: `Stop the engine (stop accepting incoming)

Does nothing if it is stopped already. Uploads are refused and no builds begin; what was accepted is still verified, installed and published. Builds that run are cancelled and queued again, without counting an attempt; with --drain they run to their end. A restarted daemon runs again.`,
  level: "ADMIN",
  confirm: true,
  arguments: {
    drain: bool(["--drain"], { doc: "Let builds that run end; begin no new ones." }),
  },
  result: engineState,
});
