import type { CALLS, Handler } from "../index.ts";

export function createPubKey(deps: { publicKeyArmored(): string }): Handler<typeof CALLS.pub_key> {
  return { run: async () => deps.publicKeyArmored() };
}
