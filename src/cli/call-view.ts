import { z } from "zod";
import type { CallView } from "#api";
import type { Client } from "./client.ts";

/** Help and completion wait no longer for an instance that may not be there. */
export const VIEW_TIMEOUT_MS = 300;

const argument = z.looseObject({
  name: z.string(),
  ids: z.array(z.string()),
  kind: z.string(),
  default: z.string(),
  choices: z.array(z.string()),
});
const callIndex = z.object({
  calls: z.array(z.looseObject({ name: z.string(), arguments: z.array(argument) })),
});

/**
 * A call with the defaults and choices of an instance; undefined when it does not say so in time. Of a long list of
 * choices an instance gives some only: those that begin with `begin`.
 */
export async function askCallView(client: Client, name: string, begin = ""): Promise<CallView | undefined> {
  try {
    const signal = AbortSignal.timeout(VIEW_TIMEOUT_MS);
    const path = `/api/?${new URLSearchParams({ call: name, output: "json", begin })}`;
    const { calls } = callIndex.parse(JSON.parse(await client.text({ method: "GET", path, signal })));
    return calls.find((call) => call.name === name) as CallView | undefined;
  } catch {
    // Without the instance's own names there is still help, and nothing to complete.
    return undefined;
  }
}
