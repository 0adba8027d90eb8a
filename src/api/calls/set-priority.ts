import { z } from "zod";
import { int } from "../arguments/index.ts";
import { defineCall } from "../call.ts";
import { bkeyArgument } from "./bkey.ts";

export const setPriority = defineCall({
  name: "set_priority",
  doc: `Change the turn of a package's builds

Builds with a higher priority get free slots first; with the same, those that are queued longer. By itself uploads have 0, hotfix suites and keyring packages 10, automatic ports -10, test packages -20. Its preparation and installation take their turn by it, too. Builds that run already are not touched.`,
  level: "STAFF",
  confirm: true,
  arguments: {
    bkey: bkeyArgument("Build key of a packaging; one of its builds stands for all of them."),
    priority: int(["--priority", "-p"], { doc: "The new priority.", default: 10, min: -100, max: 100 }),
  },
  result: z.object({
    bkey: z.string().describe("Build key of the packaging"),
    priority: z.int(),
    builds: z.int().describe("Builds of it that have not ended"),
  }),
});
