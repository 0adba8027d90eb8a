import { ERROR_CATALOGUE, type ErrorCode, isErrorCode, type MbdError } from "#platform";

/** Exit codes of all commands but `submit`. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  forbidden: 3,
  unreachable: 4,
  /** With `--wait`, `--fail-on`: the call went through, its result says failed. */
  resultFailed: 5,
} as const;

/** Exit codes of `submit`. */
export const SUBMIT_EXIT = { accepted: 0, rejected: 1, error: 2 } as const;

/** An error that the instance answered with; shown with its own words. */
export class RemoteError extends Error {
  readonly code: string;
  readonly status: number;
  readonly hint: string | undefined;
  readonly plan: readonly string[] | undefined;

  constructor(problem: {
    detail: string;
    code: string;
    status: number;
    hint?: string | undefined;
    plan?: readonly string[] | undefined;
  }) {
    super(problem.detail);
    this.name = "RemoteError";
    this.code = problem.code;
    this.status = problem.status;
    this.hint = problem.hint;
    this.plan = problem.plan;
  }
}

const USAGE_CODES: readonly ErrorCode[] = [
  "bad_argument",
  "unknown_argument",
  "missing_argument",
  "unknown_call",
  "bad_distribution",
];

/** The exit code that an error ends the program with. */
export function exitCodeOf(error: MbdError | RemoteError): number {
  const { code, status } = error;
  if (status === 401 || status === 403) return EXIT.forbidden;
  if (code === "unreachable") return EXIT.unreachable;
  return isErrorCode(code) && USAGE_CODES.includes(code) ? EXIT.usage : EXIT.failed;
}

/** Whether something went wrong inside the program itself. */
export function isInternal(error: MbdError | RemoteError): boolean {
  return isErrorCode(error.code) && ERROR_CATALOGUE[error.code].kind === "internal";
}
