import { Readable } from "node:stream";
import { createAccounts, NOBODY, type Principal } from "#accounts";
import type { Database } from "#db";
import { createEvents } from "#events";
import { readKeys } from "#keys";
import { type Clock, exec } from "#platform";
import { loadAssets } from "../assets/index.ts";
import { createPages } from "../create-pages.ts";
import type { LogReader } from "../log/log-index.ts";
import type { FormOutcome, PageDeps, PageResponse, PageRoute } from "../page.ts";
import { SEEDED_NOW } from "./moment.ts";

/** Logs in memory that tests can let grow. */
export interface MemoryLogs extends LogReader {
  set(build: number, text: string | Uint8Array, ended: boolean): void;
  append(build: number, text: string): void;
  setAttempt(build: number, attempt: number, text: string): void;
}

export function memoryLogs(): MemoryLogs {
  const logs = new Map<number, { bytes: Buffer; ended: boolean }>();
  const attempts = new Map<number, Map<number, string>>();
  return {
    open(build, from, _tool, attempt) {
      const earlier = attempt === undefined ? undefined : attempts.get(build)?.get(attempt);
      if (attempt !== undefined && earlier === undefined) return Promise.resolve(undefined);
      const log = earlier === undefined ? logs.get(build) : { bytes: Buffer.from(earlier), ended: true };
      if (log === undefined) return Promise.resolve(undefined);
      return Promise.resolve({ stream: Readable.from([log.bytes.subarray(from)]), ended: log.ended });
    },
    attempts: (build) =>
      Promise.resolve([...(attempts.get(build)?.keys() ?? [])].sort((one, other) => other - one)),
    setAttempt(build, attempt, text) {
      attempts.set(build, new Map([...(attempts.get(build) ?? []), [attempt, text]]));
    },
    set(build, text, ended) {
      logs.set(build, { bytes: Buffer.from(text as string), ended });
    },
    append(build, text) {
      const log = logs.get(build) ?? { bytes: Buffer.alloc(0), ended: false };
      logs.set(build, { ...log, bytes: Buffer.concat([log.bytes, Buffer.from(text)]) });
    },
  };
}

export const SIGNED_BY = [
  "Signed-By:",
  " -----BEGIN PGP PUBLIC KEY BLOCK-----",
  " .",
  " mDMEZ8hQ1xYJKwYBBAHaRw8BAQdAr0fO2c1yq3nM0mHkJ8cPZqO5rF4vT7mWb2Xk",
  " 9dLqXb60PUFjbWUgYXJjaGl2ZSA8bWluaS1idWlsZGRAcGFja2FnZXMuYWNtZS5l",
  " =Q7xZ",
  " -----END PGP PUBLIC KEY BLOCK-----",
].join("\n");

function aptSource(name: string): string {
  return `Types: deb\nURIs: http://packages.acme.example:8066/repositories/${name.split("-")[1]}/\nSuites: ${name}\nComponents: main contrib\nArchitectures: amd64 arm64\n${SIGNED_BY}\n`;
}

/** Dependencies of the pages over a database, at the seeded moment unless `clock` says else. */
export function testDeps(
  db: Database,
  logs: LogReader = memoryLogs(),
  clock: Clock = { now: () => SEEDED_NOW },
): PageDeps {
  return {
    db,
    identity: "acme",
    hostname: "packages.acme.example",
    url: "http://packages.acme.example:8066",
    version: "0.1.0",
    assets: loadAssets(),
    slots: 2,
    clock,
    engine: () => "running",
    events: createEvents({ db, clock, instance: "acme" }),
    accounts: createAccounts({
      ...{ db, clock, readKeys: (bytes) => readKeys(bytes, exec) },
      url: async () => "http://packages.acme.example:8066",
    }),
    aptSource: ({ name }) => aptSource(name),
    dputConf: () =>
      Promise.resolve(
        "[mini-buildd-acme]\nmethod = http\nfqdn = packages.acme.example:8066\nincoming = /upload/\nlogin = *\n",
      ),
    logs,
    artefactHref: (build, name) =>
      name.endsWith(".buildinfo") ? `/builds/${build}/files/${name}` : undefined,
  };
}

export interface Visit {
  readonly principal?: Principal;
  readonly session?: number;
  readonly form?: FormOutcome;
}

/** Answers a path as a server with these pages would. */
export async function visit(
  routes: readonly PageRoute[],
  address: string,
  { principal = NOBODY, ...more }: Visit = {},
): Promise<PageResponse> {
  const url = new URL(address, "http://localhost");
  for (const route of routes) {
    const params = matchPath(route.path, url.pathname);
    if (params === undefined) continue;
    const query = Object.fromEntries(url.searchParams);
    return await route.render({ params, query, principal, url: address, ...more });
  }
  throw new Error(`no page for ${address}`);
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    if (part.startsWith(":") && value !== "") params[part.slice(1)] = decodeURIComponent(value);
    else if (part !== value) return undefined;
  }
  return params;
}

/** Pages over a database, with logs to fill. */
export function testPages(db: Database): { routes: PageRoute[]; logs: MemoryLogs } {
  const logs = memoryLogs();
  return { routes: createPages(testDeps(db, logs)), logs };
}
