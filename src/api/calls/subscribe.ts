import { z } from "zod";
import { distribution, source } from "../arguments/index.ts";
import { defineCall } from "../call.ts";

const subscriptions = z
  .array(z.object({ package: z.string(), distribution: z.string() }))
  .describe("All subscriptions of the user; empty text stands for any");

function what() {
  return {
    package: source(["--package", "-p"], { doc: "Source package; any unless given." }),
    distribution: distribution(["--distribution", "-d"], { doc: "Distribution; any unless given." }),
  };
}

export const subscribe = defineCall({
  name: "subscribe",
  doc: `Subscribe to (email) notifications

Without a package: of all packages; without a distribution: of all distributions.`,
  level: "LOGIN",
  changes: true,
  arguments: what(),
  result: subscriptions,
});

export const unsubscribe = defineCall({
  name: "unsubscribe",
  doc: `Unsubscribe from (email) notifications

Ends the subscription to exactly this package and distribution.`,
  level: "LOGIN",
  changes: true,
  arguments: what(),
  result: subscriptions,
});
