import type { CallPages, Invoker } from "#api";
import type { Identify } from "./caller.ts";
import type { ErrorAnswers } from "./errors.ts";

/** What the routes of the API need. */
export interface ApiRouteDeps {
  readonly invoker: Invoker;
  readonly identify: Identify;
  readonly callPages: CallPages;
  readonly errors: ErrorAnswers;
  readonly url: string;
  readonly version: string;
}
