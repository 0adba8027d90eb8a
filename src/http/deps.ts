import type { Readable } from "node:stream";
import type { Accounts, Principal } from "#accounts";
import type { AdminService, ArchiveAdmin, CallPages, Invoker } from "#api";
import type { CheckTool } from "#builds";
import type { Events } from "#events";
import type { HttpUpload, HttpUploadAnswer } from "#incoming";
import type { Clock, Log } from "#platform";
import type { PlaceDeps } from "./moments.ts";

/** A page of `#web`: `html` is the whole document (or, with another content-type in `headers`, what a page loads). */
export interface PageRoute {
  /** Path with parameters, e.g. `/builds/:id`. */
  readonly path: string;
  /** Takes long: who is not signed in may ask for it now and then only. */
  readonly costly?: boolean;
  render(request: PageRequest): Promise<PageAnswer>;
}

export interface PageRequest {
  readonly params: Readonly<Record<string, string>>;
  /** Of a repeated parameter the last value. */
  readonly query: Readonly<Record<string, string>>;
  readonly principal: Principal;
  /** Path and query as asked for. */
  readonly url: string;
  /** Number of the session that the request came by. */
  readonly session?: number | undefined;
  /** What came of a form of this page, where it is shown again instead of another. */
  readonly form?: PageFormOutcome | undefined;
}

export interface PageFormOutcome {
  /** Which form of the page. */
  readonly name: string;
  /** What was typed, but for passwords. */
  readonly typed: Readonly<Record<string, string>>;
  readonly refused?: PageRefusal | undefined;
  /** A secret that is shown this once. */
  readonly secret?: string | undefined;
}

export interface PageRefusal {
  /** The field it is about; without it the whole form. */
  readonly field?: string | undefined;
  readonly message: string;
  readonly hint?: string | undefined;
}

export interface PageAnswer {
  readonly status: number;
  readonly title?: string;
  readonly html: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Frame around what this folder writes itself (errors, listings); `html` is its main part. */
export type Layout = (page: { title: string; html: string; path: string; principal: Principal }) => string;

/** Logs of builds, running or kept. */
export interface LogReader {
  /**
   * Content from byte `from` up to what is there now, of the build, of one of its checks or of an earlier attempt;
   * undefined when there is no such log. `ended`: the stream reaches the end of a log that grows no more.
   */
  open(
    build: number,
    from: number,
    tool?: CheckTool,
    attempt?: number,
  ): Promise<{ stream: Readable; ended: boolean } | undefined>;
}

/** Files that builds left. */
export interface Artefacts {
  /** Path and size of a file by its exact name; undefined when the build has none of that name (any more). */
  find(build: number, name: string): Promise<{ path: string; sizeBytes: number } | undefined>;
}

/** What browsers need to sign in, and people to look after what is theirs. */
export type People = Pick<
  Accounts,
  "keys" | "registration" | "rights" | "sessions" | "subscriptions" | "tokens" | "users"
>;

export interface HttpDeps {
  readonly accounts: Pick<Accounts, "authenticate">;
  /** Without, nobody signs in on a page. */
  readonly people?: People;
  readonly invoker: Invoker;
  readonly events: Pick<Events, "after" | "latest" | "onNew">;
  /** `PUT` and `HEAD /upload/<file>`. */
  readonly uploads: (upload: HttpUpload) => Promise<HttpUploadAnswer>;
  readonly logs: LogReader;
  readonly artefacts: Artefacts;
  readonly admin: AdminService;
  readonly archiveAdmin: ArchiveAdmin;
  readonly pages: readonly PageRoute[];
  readonly callPages: CallPages;
  readonly layout?: Layout;
  /** Asked before a costly page of somebody who is not signed in. @throws MbdError too_many */
  admit?(client: string): void;
  readonly log: Log;
  readonly clock: Clock;
  /** Address of this instance as others see it, without a slash at its end. */
  readonly url: string;
  readonly version: string;
  /** Names that browsers may reach this instance by, besides localhost and addresses; see `isSameSite`. */
  readonly hostnames: readonly string[];
  /** Addresses and networks of proxies that say whom they ask for; see `createClientAddress`. */
  readonly trustedProxies?: readonly string[];
  /** Directory of the archive roots (home.repositories). */
  readonly repositoriesDir: string;
  /** Earlier moments of the archives; without, there are none. */
  readonly moments?: NonNullable<PlaceDeps["moments"]>;
  readonly limits?: Partial<HttpLimits>;
}

export interface HttpLimits {
  /** Event streams and logs being sent, in all and per client address. */
  readonly streams: number;
  readonly streamsPerClient: number;
  readonly heartbeatMs: number;
  /** How often a followed log is looked at for more. */
  readonly logPollMs: number;
}

export const DEFAULT_LIMITS: HttpLimits = {
  streams: 500,
  streamsPerClient: 30,
  heartbeatMs: 15_000,
  logPollMs: 500,
};
