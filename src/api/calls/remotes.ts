import { z } from "zod";
import { int, multilineStr, str } from "../arguments/index.ts";
import { defineCall } from "../call.ts";

export const wake = defineCall({
  name: "wake",
  doc: "Wake a remote instance",
  level: "STAFF",
  confirm: true,
  arguments: {
    remote: str(["remote"], {
      doc: "Address of the remote.",
      choices: "remotes",
      example: "http://other.example.org:8066",
    }),
    sleep: int(["--sleep"], { doc: "Seconds between tries.", default: 5, min: 1, max: 600 }),
    attempts: int(["--attempts"], { doc: "How many tries.", default: 3, min: 1, max: 100 }),
  },
  result: z.record(z.string(), z.unknown()).describe("Status of the remote"),
});

export const handshake = defineCall({
  name: "handshake",
  doc: `Check if signed message matches a remote, reply our signed message on success

This is for internal use only.`,
  category: "Administrator",
  arguments: {
    message: multilineStr(["message"], {
      doc: "Message signed by a remote.",
      example: "-----BEGIN PGP SIGNED MESSAGE-----",
    }),
  },
  result: z.string().describe("Our message, signed"),
});
