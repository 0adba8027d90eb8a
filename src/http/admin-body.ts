import type { z } from "zod";
import { MbdError } from "#platform";
import { reasonOf } from "./invalid.ts";

/** The body of a request on the machine's own socket. @throws MbdError bad_argument for the first thing wrong with it */
export function bodyOf<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new MbdError("bad_argument", reasonOf(result.error, "body"));
}
