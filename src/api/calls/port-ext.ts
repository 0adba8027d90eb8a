import { z } from "zod";
import { distributions, uploadOptions, url } from "../arguments/index.ts";
import { defineCall } from "../call.ts";

/** One target of a port: what was asked for, or why not. */
export const portOutcome = z.object({
  target: z.string(),
  version: z.string().optional(),
  bkey: z.string().optional().describe("Reserved for the packaging to come"),
  job: z.string().optional(),
  error: z.string().optional(),
});

export const portExt = defineCall({
  name: "port_ext",
  doc: `Port external source package

Rebuilds any given source package; only its changelog gets a new entry.`,
  level: "STAFF",
  needsRunning: true,
  confirm: true,
  arguments: {
    dsc: url(["dsc"], {
      doc: "Address of the .dsc.",
      example: "https://deb.example.org/debian/pool/main/h/hello/hello_2.10-3.dsc",
    }),
    distributions: distributions(["distributions"], {
      doc: "Distributions to port to (names, globs or regular expressions).",
      choices: "uploadable_distributions",
    }),
    options: uploadOptions(["--options", "--option"], {
      doc: "Upload options.",
      default: ["lintian-mode=IGNORE"],
    }),
  },
  result: z.array(portOutcome),
});
