import { z } from "zod";
import { quoted } from "#platform";
import { list } from "../arguments/index.ts";
import { defineCall } from "../call.ts";

export const remakeChroots = defineCall({
  name: "remake_chroots",
  doc: `Remake chroots

Makes chroots anew, one after the other, and returns when that is done: prepare a new one, check that it starts, activate it, remove what nobody needs any more. Builds that run keep the chroot they have, and begin as before; when it fails, the old one stays in use. Chroots are also made anew by themselves: see cron job chroots.`,
  level: "ADMIN",
  confirm: true,
  maintenance: true,
  arguments: {
    keys: list(["--keys", "-k"], {
      doc: "Chroots; all unless some are named.",
      header: "CODENAME:ARCH",
      choices: "chroots",
      check: (item) =>
        /^[a-z][a-z0-9]{0,31}:[a-z0-9][a-z0-9-]{0,31}$/.test(item)
          ? undefined
          : `${quoted(item)} is not of the form CODENAME:ARCH`,
    }),
  },
  result: z.array(
    z.object({
      key: z.string(),
      steps: z.array(z.enum(["prepare", "check", "activate", "remove"])).describe("Those that went well"),
      error: z.string().optional(),
    }),
  ),
});
