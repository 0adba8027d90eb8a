import { z } from "zod";
import { bool, distribution, source, str } from "../arguments/index.ts";
import { defineCall } from "../call.ts";
import { unpublished } from "../unpublished.ts";

export const remove = defineCall({
  name: "remove",
  doc: `Remove source package

Removes a source package along with all its binary packages. From a live suite it goes to the newest rollback; removed from a rollback, the later ones move up.`,
  level: "ADMIN",
  confirm: true,
  arguments: {
    source: source(["source"], { doc: "Source package." }),
    distribution: distribution(["distribution"], {
      doc: "Distribution (or rollback distribution) to remove it from.",
      choices: "all_distributions",
    }),
    without_rollback: bool(["--without-rollback"], { doc: "Keep no rollback of it." }),
    version: str(["--version", "-V"], { doc: "Only if this is the version there." }),
  },
  result: z.object({
    source: z.string(),
    version: z.string(),
    component: z.string(),
    distribution: z.string(),
    rollbacks: z.array(z.string()).describe("Versions of the rollbacks now, newest first"),
    events: z.array(z.int()),
    unpublished,
  }),
});
