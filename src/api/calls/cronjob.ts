import { z } from "zod";
import { str } from "../arguments/index.ts";
import { defineCall } from "../call.ts";

export const cronjob = defineCall({
  name: "cronjob",
  doc: `Run a cron job now (out of schedule)

Returns when it has run. Its schedule goes on as before.`,
  level: "ADMIN",
  confirm: true,
  arguments: {
    id: str(["id"], { doc: "Cron job.", choices: "cronjobs", example: "retention" }),
  },
  result: z.object({ id: z.string(), outcome: z.string().describe("What came of it, in a sentence") }),
});
