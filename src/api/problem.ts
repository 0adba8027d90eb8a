import { STATUS_CODES } from "node:http";
import { z } from "zod";
import type { MbdError } from "#platform";

/** An error in an HTTP answer (application/problem+json, RFC 9457). */
export const problem = z.object({
  type: z.string().default("about:blank"),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  hint: z.string().optional(),
  /** Request id; the daemon's log has it too. */
  request: z.string().optional(),
  /** The argument that the error is about. */
  argument: z.string().optional(),
  /** What the argument may be, where that is a list. */
  choices: z.array(z.string()).optional(),
  /** For `confirmation_missing`: what the call would do. */
  plan: z.array(z.string()).optional(),
});
export type Problem = z.output<typeof problem>;

export function problemOf(
  error: MbdError,
  more: { request?: string; choices?: readonly string[]; plan?: readonly string[] } = {},
): Problem {
  const { argument } = error.params;
  return {
    type: "about:blank",
    title: STATUS_CODES[error.status] ?? "Error",
    status: error.status,
    detail: error.message,
    code: error.code,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(more.request === undefined ? {} : { request: more.request }),
    ...(argument === undefined ? {} : { argument: String(argument) }),
    ...(more.choices === undefined ? {} : { choices: [...more.choices] }),
    ...(more.plan === undefined ? {} : { plan: [...more.plan] }),
  };
}
