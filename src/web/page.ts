import type { Accounts, Principal } from "#accounts";
import type { Database } from "#db";
import type { Events } from "#events";
import type { Clock } from "#platform";
import type { AssetSet } from "./assets/index.ts";
import type { LogIndex, LogReader } from "./log/log-index.ts";
import type { AptPlace } from "./read-model/apt-place.ts";
import type { PackageCounts } from "./read-model/package-counts.ts";

/** What a page is asked for. `query` may hold lists where a name was given several times. */
export interface PageRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly principal: Principal;
  /** Path and query as asked for. */
  readonly url: string;
  /** Number of the session that the request came by. */
  readonly session?: number | undefined;
  /** What came of a form of this page, where it is shown again instead of another. */
  readonly form?: FormOutcome | undefined;
}

export interface FormOutcome {
  /** Which form of the page. */
  readonly name: string;
  /** What was typed, but for passwords. */
  readonly typed: Readonly<Record<string, string>>;
  readonly refused?: Refusal | undefined;
  /** A secret that is shown this once. */
  readonly secret?: string | undefined;
}

export interface Refusal {
  /** The field it is about; without it the whole form. */
  readonly field?: string | undefined;
  readonly message: string;
  readonly hint?: string | undefined;
}

export interface PageResponse {
  readonly status: number;
  /** The whole body; HTML unless `headers` name another type. */
  readonly html: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface PageRoute {
  /** In fastify's form, `/builds/:id`. */
  readonly path: string;
  /** Takes long: who is not signed in may ask for it now and then only. */
  readonly costly?: boolean;
  render(request: PageRequest): Promise<PageResponse>;
}

/** What every document shows around its content. */
export interface Site {
  readonly identity: string;
  readonly hostname: string;
  /** Address of the instance as people type it, without a slash at the end. */
  readonly url: string;
  readonly version: string;
  readonly assets: AssetSet;
  readonly clock: Clock;
  /** Path and query of the page being rendered: where one who signs in comes back to. */
  readonly here?: string;
  engine(): "running" | "draining" | "stopped";
}

/** What pages read of accounts. */
export type People = Pick<
  Accounts,
  "audit" | "keys" | "rights" | "sessions" | "subscriptions" | "tokens" | "users"
>;

export interface PageDeps extends Site {
  readonly db: Database;
  readonly events: Pick<Events, "latest">;
  readonly accounts: People;
  /** Builds at once. */
  readonly slots: number;
  /** deb822 text for a live distribution, and the first so many of its rollbacks, with the key inside; reads nothing. */
  aptSource(place: AptPlace, rollbacks?: number): string;
  /** A dput.cf section for this instance. */
  dputConf(): Promise<string>;
  readonly logs: LogReader;
  /** Where a file that a build left can be fetched (.buildinfo, .changes, packages that are not in the pool). */
  artefactHref?(buildId: number, fileName: string): string | undefined;
}

/** What page functions get: the above and what is made once from it. */
export interface PageContext extends PageDeps {
  readonly logIndex: LogIndex;
  readonly packageCounts: PackageCounts;
}

/** The first value of a query argument, trimmed and of bounded length; empty when it is absent. */
export function queryText(request: PageRequest, name: string): string {
  const value = request.query[name];
  const first = typeof value === "object" ? value[0] : value;
  return (first ?? "").trim().slice(0, 200);
}

/** A query argument as a whole number above zero, else undefined. */
export function queryNumber(request: PageRequest, name: string): number | undefined {
  return wholeNumber(queryText(request, name));
}

/** A row id from the path; undefined for anything else, which is then "not found". */
export function pathNumber(request: PageRequest, name: string): number | undefined {
  return wholeNumber(request.params[name] ?? "");
}

function wholeNumber(text: string): number | undefined {
  // Ids are 32-bit on PostgreSQL; a larger number would be an error there, not an empty answer.
  if (!/^[0-9]{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value > 0 && value < 2 ** 31 ? value : undefined;
}
