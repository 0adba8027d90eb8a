import type { z } from "zod";
import { MbdError } from "#platform";

/** The body of a request on the machine's own socket. @throws MbdError bad_argument for the first thing wrong with it */
export function bodyOf<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new MbdError("bad_argument", {
    argument: String(issue?.path[0] ?? "body"),
    reason: (issue?.message ?? "it is not valid").toLowerCase(),
  });
}
