import { z } from "zod";
import { bool, distribution, source, str } from "../arguments/index.ts";
import { defineCall } from "../call.ts";
import { hold } from "../hold.ts";
import { unpublished } from "../unpublished.ts";

export const migrate = defineCall({
  name: "migrate",
  doc: `Migrate source package

Migrates a source package along with all its binary packages to the next suite. Of a rollback distribution it restores the package: the version goes back to the live suite.`,
  level: "STAFF",
  confirm: true,
  arguments: {
    source: source(["source"], { doc: "Source package." }),
    distribution: distribution(["distribution"], {
      doc: "Distribution to migrate from; a rollback distribution to restore from.",
      choices: "all_distributions",
    }),
    full: bool(["--full", "-F"], { doc: "Migrate along the whole chain of suites." }),
    version: str(["--version", "-V"], { doc: "Only if this is the version there." }),
    allow_downgrade: bool(["--allow-downgrade"], { doc: "Also where the target has a higher version." }),
    replace: bool(["--replace"], {
      doc: "Restore even where the live suite has the package; what is there becomes its newest rollback.",
    }),
  },
  result: z.object({
    source: z.string(),
    version: z.string(),
    component: z.string(),
    steps: z.array(
      z.object({
        from: z.string(),
        to: z.string(),
        replaced: z.string().nullable().describe("Version that was there before"),
        rollbacks: z.array(z.string()).describe("Versions of the target's rollbacks now, newest first"),
      }),
    ),
    events: z.array(z.int()),
    holds: z
      .array(hold.extend({ distribution: z.string(), source: z.string() }))
      .optional()
      .describe("What keeps it from migrating by itself, which goes on"),
    unpublished,
  }),
});
