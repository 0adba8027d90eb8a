import { z } from "zod";
import { bool } from "../arguments/index.ts";
import { defineCall } from "../call.ts";
import { bkeyArgument } from "./bkey.ts";

export const retry = defineCall({
  name: "retry",
  doc: "Retry a previously failed source package",
  level: "STAFF",
  needsRunning: true,
  confirm: true,
  arguments: {
    bkey: bkeyArgument("Build key of the packaging, or of one of its builds."),
    rebuild_all: bool(["--rebuild-all"], { doc: "Build again what was built well before, too." }),
  },
  result: z.object({
    changes: z.string().describe("Name of the .changes that is tried again"),
    bkey: z.string().describe("Build key of the new packaging"),
    packaging: z.int(),
  }),
});
