import { z } from "zod";
import { defineCall } from "../call.ts";
import { bkeyArgument } from "./bkey.ts";

export const cancel = defineCall({
  name: "cancel",
  doc: "Cancel an ongoing package build",
  level: "STAFF",
  needsRunning: true,
  confirm: true,
  arguments: { bkey: bkeyArgument("Build key of a packaging, or of one build.") },
  result: z.object({
    bkey: z.string(),
    scope: z.enum(["packaging", "build"]),
    cancelled: z.array(z.string()).describe("Build keys of what was cancelled"),
  }),
});
