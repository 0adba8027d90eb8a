import { z } from "zod";
import { defineCall } from "../call.ts";

export const pubKey = defineCall({
  name: "pub_key",
  doc: `Get public key

The ASCII-armoured OpenPGP key of this instance. It signs the repositories (it is their apt key) and what this instance says to other instances.`,
  arguments: {},
  result: z.string(),
});
