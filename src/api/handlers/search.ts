import type { CALLS, Handler, ResultOfCall, ValuesOfCall } from "../index.ts";

export interface SearchDeps {
  search(query: ValuesOfCall<typeof CALLS.search>): Promise<ResultOfCall<typeof CALLS.search>>;
}

export function createSearch(deps: SearchDeps): Handler<typeof CALLS.search> {
  return { run: (values) => deps.search(values) };
}
