import { z } from "zod";
import { distribution, distributions, source, str, uploadOptions } from "../arguments/index.ts";
import { defineCall } from "../call.ts";
import { portOutcome } from "./port-ext.ts";

export const port = defineCall({
  name: "port",
  doc: `Port internal source package

Rebuilds a package of a repository of this instance for other distributions; only its changelog gets a new entry. From and to the same distribution it is a rebuild.`,
  level: "STAFF",
  needsRunning: true,
  confirm: true,
  arguments: {
    source: source(["source"], { doc: "Source package." }),
    from_distribution: distribution(["from_distribution"], {
      doc: "Distribution (or rollback distribution) to take it from.",
      choices: "all_distributions",
    }),
    to_distributions: distributions(["to_distributions"], {
      doc: "Distributions to port to (names, globs or regular expressions).",
      choices: "uploadable_distributions",
    }),
    version: str(["--version", "-V"], { doc: "Only if this is the version there." }),
    options: uploadOptions(["--options", "--option"], {
      doc: "Upload options.",
      default: ["lintian-mode=IGNORE"],
    }),
  },
  result: z.array(portOutcome),
});
