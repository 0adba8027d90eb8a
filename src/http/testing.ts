import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Accounts, Principal } from "#accounts";
import type { AdminService, ArchiveAdmin, CallPages } from "#api";
import { createFakeInstance, type FakeInstance } from "#api/handlers";
import { compareVersions, isFileName } from "#deb";
import type { EventFilter, Events, EventView } from "#events";
import { MbdError, silentLog, systemClock } from "#platform";
import { createHttpApp, type HttpApp } from "./app.ts";
import type { HttpDeps, LogReader } from "./deps.ts";
import { escapeHtml } from "./html.ts";

/** A running surface over services in memory, for tests here and of the command line. */
export interface TestHttp {
  readonly dir: string;
  readonly socket: string;
  readonly http: HttpApp;
  readonly instance: FakeInstance;
  readonly events: FakeEvents;
  readonly incoming: FakeIncoming;
  readonly logs: FakeLogs;
  readonly admin: FakeAdmin;
  readonly archiveAdmin: FakeArchive;
  close(): Promise<void>;
}

export async function createTestHttp(more: Partial<HttpDeps> = {}): Promise<TestHttp> {
  const dir = mkdtempSync(join(tmpdir(), "mbd-http-"));
  const repositoriesDir = join(dir, "repositories");
  mkdirSync(repositoriesDir);
  const instance = createFakeInstance();
  const events = createFakeEvents();
  const incoming = createFakeIncoming();
  const artefact = { path: join(dir, "x.buildinfo"), sizeBytes: 4 };
  writeFileSync(artefact.path, "info");
  const logs = createFakeLogs();
  const admin = createFakeAdmin();
  const archiveAdmin = createFakeArchive();
  const http = await createHttpApp({
    accounts: fakeAccounts,
    invoker: instance.invoker,
    events,
    uploads: incoming.receive,
    logs,
    artefacts: {
      find: async (build, name) => (build === 1 && name === "x.buildinfo" ? artefact : undefined),
    },
    admin,
    archiveAdmin,
    pages: [],
    callPages: plainCallPages,
    log: silentLog,
    clock: systemClock,
    url: "http://build.example.org:8066",
    version: "0.1.0",
    hostnames: ["build.example.org"],
    repositoriesDir,
    limits: { heartbeatMs: 50, logPollMs: 10, streams: 4, streamsPerClient: 3 },
    ...more,
  });
  return {
    dir,
    socket: join(dir, "run", "control.sock"),
    http,
    instance,
    events,
    incoming,
    logs,
    admin,
    archiveAdmin,
    async close() {
      await http.stop(500);
      rmSync(dir, { recursive: true });
    },
  };
}

/** Pages of calls that show as text what they are given; the real ones are in `#web`. */
const plainCallPages: CallPages = {
  index: (page) => plainPage("index", page),
  form: (page) => plainPage("form", page),
  confirm: (page) => plainPage("confirm", page),
  result: (page) => plainPage("result", page),
};

function plainPage(kind: string, page: object): string {
  return `<pre class="${kind}">${escapeHtml(JSON.stringify({ ...page, definition: undefined }))}</pre>`;
}

const PRINCIPALS: Readonly<Record<string, Principal>> = {
  "Bearer staff-token": { level: "STAFF", kind: "token", name: "ci" },
  "Bearer admin-token": { level: "ADMIN", kind: "token", name: "boss" },
  [`Basic ${Buffer.from("jane:secret").toString("base64")}`]: { level: "STAFF", kind: "user", name: "jane" },
};

const fakeAccounts: Pick<Accounts, "authenticate"> = {
  async authenticate(authorization) {
    if (authorization === undefined) return { level: "NONE", kind: "nobody", name: "nobody" };
    const principal = PRINCIPALS[authorization];
    if (principal === undefined) throw new MbdError("bad_credentials");
    return principal;
  },
};

export interface FakeEvents extends Pick<Events, "after" | "latest" | "onNew"> {
  add(event: Partial<EventView> & Pick<EventView, "type">): EventView;
}

function createFakeEvents(): FakeEvents {
  const all: EventView[] = [];
  const listeners = new Set<() => void>();
  const matches = (filter: EventFilter) => (event: EventView) =>
    (filter.types?.includes(event.type) ?? true) &&
    (filter.source === undefined || filter.source === event.source) &&
    (filter.distribution === undefined || filter.distribution === event.distribution) &&
    (filter.version === undefined || filter.version === event.version) &&
    (filter.minVersion === undefined || compareVersions(event.version ?? "0", filter.minVersion) >= 0);
  return {
    add(event) {
      const view: EventView = {
        id: all.length + 1,
        time: new Date().toISOString(),
        instance: "acme",
        actor: { kind: "system", name: "acme" },
        message: "",
        data: {},
        links: {},
        ...event,
      };
      all.push(view);
      for (const listener of listeners) listener();
      return view;
    },
    async after(id, filter = {}, limit = 200) {
      // Looks at a few only, as the real ones do when they must compare versions.
      const looked = all.filter((event) => event.id > id).slice(0, limit);
      return { events: looked.filter(matches(filter)), last: looked.at(-1)?.id ?? id };
    },
    latest: async (filter = {}, limit = 50) => all.filter(matches(filter)).toReversed().slice(0, limit),
    onNew(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export interface FakeIncoming {
  receive: HttpDeps["uploads"];
  /** Content of received files by session key and name. */
  readonly files: Map<string, Map<string, Buffer>>;
  /** Called when a .changes arrives; its answer is the location. */
  complete(name: string): string | undefined;
  limitBytes: number;
  running: boolean;
}

function createFakeIncoming(): FakeIncoming {
  const fake: FakeIncoming = {
    files: new Map(),
    limitBytes: 1_000_000,
    running: true,
    complete: () => undefined,
    async receive({ method, file, body, sessionToken, user, address }) {
      const key = sessionToken === undefined ? (user ?? `address:${address}`) : `session:${sessionToken}`;
      const session = fake.files.get(key) ?? new Map<string, Buffer>();
      if (method === "HEAD") return headOf(session.get(file));
      if (!fake.running)
        return { status: 503, reason: "The engine is stopped.", headers: { "retry-after": "60" } };
      if (!isFileName(file))
        return { status: 400, reason: `'${encodeURI(file)}' is not an acceptable file name.`, headers: {} };
      const content = await readLimited(body, fake.limitBytes);
      if (content === undefined)
        return { status: 413, reason: "The file is larger than allowed.", headers: {} };
      fake.files.set(key, session);
      const same = session.get(file)?.equals(content) ?? false;
      session.set(file, content);
      const location = file.endsWith(".changes") ? fake.complete(file) : undefined;
      const headers: Record<string, string> = location === undefined ? {} : { location };
      return { status: same ? 200 : 201, reason: same ? "Received before." : "Received.", headers };
    },
  };
  return fake;
}

function headOf(content: Buffer | undefined) {
  if (content === undefined) return { status: 404, reason: "Not here.", headers: {} };
  return { status: 200, reason: "OK", headers: { "content-length": String(content.length) } };
}

/** Reads as the blob store does: a loop that is left early destroys its stream. */
async function readLimited(stream: Readable, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return await buffer(Readable.from(chunks));
}

export interface FakeLogs extends LogReader {
  readonly logs: Map<number, { text: string; ended: boolean }>;
  /** Logs of checks, by number of the build and tool: `31 piuparts`. */
  readonly checkLogs: Map<string, { text: string; ended: boolean }>;
  /** Logs of earlier attempts, by number of the build and attempt: `31 2`. */
  readonly attemptLogs: Map<string, { text: string; ended: boolean }>;
}

function createFakeLogs(): FakeLogs {
  const logs = new Map<number, { text: string; ended: boolean }>();
  const checkLogs = new Map<string, { text: string; ended: boolean }>();
  const attemptLogs = new Map<string, { text: string; ended: boolean }>();
  return {
    logs,
    checkLogs,
    attemptLogs,
    async open(build, from, tool, attempt) {
      const ofBuild = attempt === undefined ? logs.get(build) : attemptLogs.get(`${build} ${attempt}`);
      const log = tool === undefined ? ofBuild : checkLogs.get(`${build} ${tool}`);
      if (log === undefined) return undefined;
      return { stream: Readable.from([Buffer.from(log.text).subarray(from)]), ended: log.ended };
    },
  };
}

export interface FakeAdmin extends AdminService {
  readonly done: string[];
}

function createFakeAdmin(): FakeAdmin {
  const done: string[] = [];
  return {
    done,
    async createToken({ name, level }) {
      done.push(`token ${name} ${level}`);
      return { secret: "mbd_secret" };
    },
    listTokens: async () => ({
      tokens: [{ id: 1, name: "ci", level: "STAFF", createdAt: "2026-03-05T12:00:00.000Z" }],
    }),
    async revokeToken({ token }) {
      done.push(`revoke ${token}`);
      return { id: 1, name: token };
    },
    async setEmail({ name, email }) {
      done.push(`email ${name} ${email}`);
    },
    async saveUser({ name, level, password }) {
      done.push(`user ${name} ${level}`);
      return { password: password ?? "generated", level: level ?? "ADMIN" };
    },
    async addKey({ key, repository, suites, sources }) {
      done.push(["key", Buffer.from(key, "base64").toString(), repository, ...suites, ...sources].join(" "));
      return { fingerprint: "A".repeat(40), userId: "Jane <jane@example.org>", may: repository };
    },
    listUsers: async () => ({ users: [{ name: "jane", level: "STAFF", state: "active", email: "" }] }),
    async resetUser({ name }) {
      done.push(`reset ${name}`);
      return { address: "http://build.example.org:8066/account/reset?secret=x" };
    },
    disableUser: async ({ name }) => void done.push(`disable ${name}`),
    activateUser: async ({ name }) => void done.push(`activate ${name}`),
    async settings(request) {
      done.push(`settings ${request.command}`);
      return { text: `${request.command} done\n`, notes: [], result: { command: request.command } };
    },
    async addHook({ name, url }) {
      done.push(`add hook ${name} ${url}`);
      return { secret: "made" };
    },
    listHooks: async () => ({ hooks: [] }),
    removeHook: async ({ name }) => void done.push(`remove hook ${name}`),
    testHook: async ({ name }) => void done.push(`test hook ${name}`),
    async retention({ dryRun }) {
      if (!dryRun) done.push("retention");
      return { lines: ["log of hello/1.0/20240102T030405Z/source amd64: it is old"] };
    },
    pin: async ({ bkey, pinned }) => void done.push(`${pinned ? "pin" : "unpin"} ${bkey}`),
  };
}

export interface FakeArchive extends ArchiveAdmin {
  readonly done: string[];
  /** What the running command waits for. */
  gate: Promise<void>;
}

function createFakeArchive(): FakeArchive {
  const fake: FakeArchive = {
    done: [],
    gate: Promise.resolve(),
    async run(request, { files, progress, signal }) {
      if (request.command === "ls" && request.distribution !== undefined)
        throw new MbdError("not_found", { what: `Distribution '${request.distribution}'` });
      progress({ what: "reading", done: 1, total: files.length });
      await fake.gate;
      fake.done.push(`${request.command} ${files.length} ${signal.aborted ? "gone" : "there"}`);
      return { lines: files, result: { command: request.command } };
    },
  };
  return fake;
}
