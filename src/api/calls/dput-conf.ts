import { z } from "zod";
import { bool } from "../arguments/index.ts";
import { defineCall } from "../call.ts";

export const dputProfile = z.object({
  method: z.string(),
  fqdn: z.string(),
  login: z.string(),
  incoming: z.string(),
  passive_ftp: z.boolean(),
  allow_dcut: z.boolean(),
  allow_unsigned_uploads: z.boolean(),
  full_upload_log: z.boolean(),
  hooks: z.array(z.string()),
});

export const dputConf = defineCall({
  name: "dput_conf",
  doc: `Get recommended dput config snippet

For your personal ~/.dput.cf; with --dput-ng-profile for a file ~/.dput.d/profiles/NAME.json.`,
  arguments: {
    without_global: bool(["--without-global"], {
      doc: "Leave out the global section (for a ~/.dput.cf that has one).",
    }),
    dput_ng_profile: bool(["--dput-ng-profile"], { doc: "Give a dput-ng profile (JSON)." }),
  },
  result: z.union([z.string(), dputProfile]),
});
