import { z } from "zod";
import { multilineStr } from "../arguments/index.ts";
import { defineCall } from "../call.ts";

export const setUserKey = defineCall({
  name: "set_user_key",
  doc: `Set a user's OpenPGP public key

The key may upload when an administrator has activated it, to the repositories that the user may upload to. It replaces the user's former key.`,
  category: "Developer",
  level: "LOGIN",
  confirm: true,
  arguments: {
    key: multilineStr(["key"], {
      doc: "Public key, ASCII-armoured, or the fingerprint of a key that this instance knows.",
      example: "0123456789ABCDEF0123456789ABCDEF01234567",
    }),
  },
  result: z.object({
    fingerprint: z.string(),
    user_ids: z.array(z.string()),
    algorithm: z.string(),
    created: z.string(),
    expires: z.string().optional(),
    state: z.enum(["waiting", "active"]).describe("waiting: an administrator must activate it"),
  }),
});
