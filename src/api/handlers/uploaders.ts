import type { CALLS, Handler, ResultOfCall } from "../index.ts";

export interface UploadersDeps {
  /** Who may upload to each of these repositories. */
  uploaders(repositories: readonly string[]): Promise<ResultOfCall<typeof CALLS.uploaders>>;
}

export function createUploaders(deps: UploadersDeps): Handler<typeof CALLS.uploaders> {
  return { run: ({ repositories }) => deps.uploaders(repositories) };
}
