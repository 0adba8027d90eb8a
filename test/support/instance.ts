import { chmod, chown, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import type { EventView } from "#events";
import { keepChroot, placeCachedChroot } from "./chroot-cache.ts";
import { createDaemon, type Daemon, type DaemonOptions, freePort, PROGRAM_ENV, tail } from "./daemon.ts";
import { type EventMatch, waitForEvent } from "./events.ts";
import { endProcessesOf } from "./leftovers.ts";
import { copyProgram } from "./program.ts";
import { ensureServiceUser } from "./service-user.ts";
import { type Ran, run, tryRun, waitFor } from "./tools.ts";

/** The sandbox takes uploads of everybody, the other only those signed by known keys. */
export const SANDBOX = "test";
export const SIGNED = "acme";

export interface InstanceOptions {
  /** Without one nothing can be built: for tests of what is rejected before. Default yes. */
  readonly chroot?: boolean;
  /** Where its directory is made; default /var/tmp. */
  readonly place?: string;
  /** Further options and environment of `serve`. */
  readonly serve?: Pick<DaemonOptions, "options" | "env">;
}

export interface Problem {
  readonly status: number;
  readonly text: string;
}

/** A whole mini-buildd of its own, for this machine's codename and architecture. */
export interface Instance {
  readonly home: string;
  readonly codename: string;
  readonly arch: string;
  /** What versions for it end with: `~test12+1`. */
  readonly codeversion: string;
  readonly httpPort: number;
  readonly ftpPort: number;
  readonly url: string;
  readonly daemon: Daemon;
  /** Archive of this machine's own apt. */
  readonly archive: string;
  /** The chroot tarball builds use. */
  chrootTarball(): string;
  /** Calls the HTTP API as administrator and confirms. An error answer throws. */
  api(call: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** A page as a browser gets it. */
  page(path: string): Promise<{ status: number; text: string }>;
  /** The command line program, for this home. */
  cli(args: readonly string[]): Promise<Ran>;
  /** All events behind an id, oldest first. */
  events(after?: number): Promise<EventView[]>;
  lastEvent(): Promise<number>;
  /** Also over restarts: a daemon that does not answer just has no events yet. */
  waitForEvent(match: EventMatch, timeoutMs?: number): Promise<EventView>;
  /** Rows of the database; the daemon may run or not. */
  rows(sql: string, ...params: readonly unknown[]): Record<string, unknown>[];
  restart(): Promise<void>;
  /** Stops the daemon and all builds, and removes everything. */
  close(): Promise<void>;
}

const SETUP_MS = 300_000;
/** The first one of a day makes a chroot, and what its lintian runs in. */
const CHROOT_MS = 900_000;

export async function startInstance(options: InstanceOptions = {}): Promise<Instance> {
  const user = await ensureServiceUser();
  // Below /var/tmp, since a build needs more room than a /tmp in memory may have; short, for the sockets in it.
  const dir = await mkdtemp(join(options.place ?? "/var/tmp", "mbdt-"));
  await chmod(dir, 0o755);
  const home = join(dir, "home");
  await mkdir(home, { mode: 0o755 });
  await chown(home, user.uid, user.gid);
  const program = await copyProgram(dir);
  const [httpPort, ftpPort] = [await freePort(), await freePort()];
  const logFile = join(dir, "daemon.log");
  const identity = "mbdtest";
  const place = { program, home, identity, user, logFile, httpPort, ftpPort };
  const daemon = createDaemon({ ...place, ...options.serve });
  const instance = { dir, home, program, daemon, httpPort, ftpPort };
  try {
    await daemon.start();
    return await setUp(instance, user, options.chroot ?? true);
  } catch (error) {
    const log = readTail(daemon);
    await remove(instance);
    throw new Error(`the instance could not be set up; its log ends:\n${log}`, { cause: error });
  }
}

interface Bare {
  readonly dir: string;
  readonly home: string;
  readonly program: string;
  readonly daemon: Daemon;
  readonly httpPort: number;
  readonly ftpPort: number;
}

async function setUp(bare: Bare, user: { name: string; uid: number; gid: number }, wantChroot: boolean) {
  const { home } = bare;
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(await readFile("/etc/os-release", "utf8"))?.[1] ?? "";
  const arch = (await run("dpkg", ["--print-architecture"])).trim();
  const place = { home, codename, arch };
  const placed = wantChroot && (await placeCachedChroot(place, user));
  const cli = (args: readonly string[]) =>
    tryRun(bare.program, args, {
      env: { ...PROGRAM_ENV, MINI_BUILDD_HOME: home },
      timeoutMs: SETUP_MS,
      cwd: "/",
    });
  const report = readJson(
    await cli([
      ...["api", "local", "setup", "--yes", "--json", "--archives-from-apt-sources"],
      ...["--distributions", `${codename}:${arch}`, "--repositories", `${SANDBOX}/test,${SIGNED}/default`],
      ...(wantChroot ? ["--chroots", `${codename}:${arch}`] : []),
    ]),
  ) as { severity: number; message: string; instances: { kind: string; name: string }[] };
  if (report.severity > 1) throw new Error(`setup: ${JSON.stringify(report, undefined, 1)}`);
  const archive = report.instances.find((each) => each.kind === "archive")?.name ?? "";
  const secret = (await okCli(cli(["admin", "token", "--level", "ADMIN"]))).stdout;
  const token = /\S+\s*$/.exec(secret)?.[0].trim() ?? "";
  const instance = createInstance(bare, { codename, arch, archive, token, cli });
  await waitForPublished(instance);
  if (wantChroot && !placed) {
    await waitForChroot(instance);
    await keepChroot(place);
  }
  return instance;
}

/** How many distributions apt does not see yet as they are: a change is published by a job of its own. */
export function unpublished(instance: Pick<Instance, "rows">): number {
  const [row] = instance.rows(
    "SELECT count(*) AS n FROM archive_distribution WHERE published_publish < wanted_publish",
  );
  return Number(row?.n);
}

/** Until apt sees all that was changed. */
export async function waitForPublished(instance: Pick<Instance, "rows">): Promise<void> {
  await waitFor(() => (unpublished(instance) === 0 ? true : undefined), {
    timeoutMs: SETUP_MS,
    what: "all distributions are published",
    pauseMs: 100,
  });
}

async function waitForChroot(instance: Instance): Promise<void> {
  await waitFor(
    () => {
      const [row] = instance.rows("SELECT state, error FROM chroot");
      if (row?.state === "error") throw new Error(`the chroot could not be made: ${String(row.error)}`);
      const open = "SELECT id FROM job WHERE kind = 'chroot' AND state IN ('queued', 'leased')";
      return row?.state === "active" && instance.rows(open).length === 0 ? true : undefined;
    },
    { timeoutMs: CHROOT_MS, what: "the chroot, and what its lintian runs in, are made" },
  );
}

interface Facts {
  readonly codename: string;
  readonly arch: string;
  readonly archive: string;
  readonly token: string;
  readonly cli: Instance["cli"];
}

function createInstance(bare: Bare, { codename, arch, archive, token, cli }: Facts): Instance {
  const { home, daemon, httpPort, ftpPort } = bare;
  const url = `http://127.0.0.1:${httpPort}`;
  const json = { accept: "application/json", authorization: `Bearer ${token}` };

  function rows(sql: string, ...params: readonly unknown[]) {
    const db = new Sqlite(join(home, "mini-buildd.sqlite"), { readonly: true, timeout: 10_000 });
    try {
      return db.prepare(sql).all(...params) as Record<string, unknown>[];
    } finally {
      db.close();
    }
  }
  async function eventsAfter(after: number): Promise<EventView[] | undefined> {
    const answer = await fetch(`${url}/api/events?after=${after}&limit=1000`, { headers: json }).catch(
      () => undefined,
    );
    if (answer === undefined || answer.status === 503) return undefined;
    if (!answer.ok) throw new Error(`/api/events: ${answer.status} ${await answer.text()}`);
    return ((await answer.json()) as { events: EventView[] }).events;
  }
  return {
    ...{ home, codename, arch, archive, httpPort, ftpPort, url, daemon, cli, rows },
    codeversion: String(rows("SELECT codeversion FROM source WHERE codename = ?", codename)[0]?.codeversion),
    chrootTarball: () => join(home, "chroots", String(rows("SELECT tarball FROM chroot")[0]?.tarball)),
    async api(call, args = {}) {
      const body = JSON.stringify({ ...args, confirm: call });
      const headers = { ...json, "content-type": "application/json" };
      const answer = await fetch(`${url}/api/${call}`, { method: "POST", headers, body });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${call}: ${answer.status} ${text}`);
      return JSON.parse(text) as unknown;
    },
    async page(path) {
      const answer = await fetch(`${url}${path}`, { headers: { accept: "text/html" } });
      return { status: answer.status, text: await answer.text() };
    },
    events: async (after = 0) => (await eventsAfter(after)) ?? [],
    lastEvent: async () => Number(rows("SELECT max(id) AS id FROM event")[0]?.id ?? 0),
    waitForEvent: (match, timeoutMs = 300_000) => waitForEvent(eventsAfter, match, timeoutMs),
    async restart() {
      await daemon.stop();
      await daemon.start();
    },
    close: () => remove(bare),
  };
}

async function remove({ daemon, dir, home }: Bare): Promise<void> {
  try {
    await daemon.stop();
  } finally {
    await endProcessesOf(home);
    // MBD_KEEP=1 leaves everything for inspection.
    if (process.env.MBD_KEEP === undefined) await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Output of a call in JSON. */
export function readJson(ran: Ran): unknown {
  if (ran.exitCode !== 0) throw new Error(`exit ${ran.exitCode}: ${ran.stdout}${ran.stderr}`);
  return JSON.parse(ran.stdout) as unknown;
}

export async function okCli(ran: Promise<Ran>): Promise<Ran> {
  const { exitCode, stdout, stderr } = await ran;
  if (exitCode !== 0) throw new Error(`exit ${exitCode}: ${stdout}${stderr}`);
  return { exitCode, stdout, stderr };
}

function readTail(daemon: Daemon): string {
  try {
    return tail(daemon.log());
  } catch {
    return "(there is none)";
  }
}
