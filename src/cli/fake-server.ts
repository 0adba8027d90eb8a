import { mkdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { NOBODY, type Principal } from "#accounts";
import {
  adminRequests,
  allCalls,
  callNamed,
  describeCall,
  type GivenArguments,
  problemOf,
  settingsRequest,
} from "#api";
import { createFakeInstance, type FakeInstance } from "#api/handlers";
import { SESSION_HEADER } from "#incoming";
import { MbdError } from "#platform";

/** An event with what a test cares for. */
export type FakeEvent = Record<string, unknown> & { type: string };

/**
 * An instance as the command line sees it: the protocol of `#http` (which is this folder's neighbour and not known
 * here), over calls in memory. It keeps state; the whole-system tests hold the command line against the real one.
 */
export interface FakeServer {
  readonly url: string;
  readonly instance: FakeInstance;
  /** Sessions of uploads: files by name. */
  readonly uploads: Map<string, Map<string, string>>;
  /** What the administrator's routes were asked for. */
  readonly admin: string[];
  /** What the next requests about settings are refused with. */
  readonly refusals: MbdError[];
  limitBytes: number;
  /** Location of the upload that a .changes completes. */
  complete(): string | undefined;
  addEvent(event: FakeEvent): void;
  close(): Promise<void>;
}

const LOCAL: Principal = { level: "ADMIN", kind: "local", name: "local" };
const PRINCIPALS: Readonly<Record<string, Principal>> = {
  "Bearer staff-token": { level: "STAFF", kind: "token", name: "ci" },
  [`Basic ${Buffer.from("jane:secret").toString("base64")}`]: { level: "STAFF", kind: "user", name: "jane" },
};

export async function startFakeServer(socket: string): Promise<FakeServer> {
  const events: (FakeEvent & { id: number })[] = [];
  const streams = new Set<() => void>();
  const server: FakeServer = {
    url: "",
    instance: createFakeInstance(),
    uploads: new Map(),
    admin: [],
    refusals: [],
    limitBytes: 1_000_000,
    complete: () => undefined,
    addEvent(event) {
      events.push({
        id: events.length + 1,
        time: "2024-01-02T03:04:05.678Z",
        message: "",
        data: {},
        ...event,
      });
      for (const wake of streams) wake();
    },
    close: async () => void (await Promise.all([remote.close(), local.close()])),
  };
  const remote = createApp(server, events, streams, false);
  const local = createApp(server, events, streams, true);
  await remote.listen({ host: "127.0.0.1", port: 0 });
  mkdirSync(dirname(socket), { recursive: true });
  await local.listen({ path: socket });
  return Object.assign(server, { url: `http://127.0.0.1:${(remote.server.address() as AddressInfo).port}` });
}

function createApp(
  server: FakeServer,
  events: readonly (FakeEvent & { id: number })[],
  streams: Set<() => void>,
  local: boolean,
): FastifyInstance {
  const app = fastify({ forceCloseConnections: true });
  app.setErrorHandler((error, request, reply) => {
    const known =
      error instanceof MbdError
        ? error
        : new MbdError("internal_error", { reason: "an unexpected error", id: "1" });
    if (request.url.startsWith("/upload/")) return reply.code(known.status).send(`${known.message}\n`);
    return reply.code(known.status).send(problemOf(known));
  });
  app.addContentTypeParser("application/octet-stream", { parseAs: "string" }, (_request, body, done) =>
    done(null, body),
  );
  app.get("/api/", async (request) => {
    const { call, begin } = request.query as { call?: string; begin?: string };
    const asked = call === undefined ? allCalls() : [callNamed(call)];
    const { known } = server.instance.invoker;
    return { calls: await Promise.all(asked.map((each) => describeCall(each, known, begin))) };
  });
  app.get("/api/events", (request, reply) => sendEvents(request, reply, events, streams));
  app.get<{ Params: { call: string } }>("/api/:call", async (request, reply) => {
    const { output: _output, ...given } = request.query as Record<string, string | string[]>;
    return await answerCall(server, request, reply, request.params.call, given, local);
  });
  app.post<{ Params: { call: string } }>("/api/:call", async (request, reply) =>
    answerCall(server, request, reply, request.params.call, request.body as GivenArguments, local),
  );
  app.put<{ Params: { name: string } }>("/upload/:name", async (request, reply) => {
    const content = request.body as string;
    if (content.length > server.limitBytes)
      throw new MbdError("too_large", { what: "The file", limit: server.limitBytes });
    const key = String(request.headers[SESSION_HEADER]);
    const session = server.uploads.get(key) ?? new Map<string, string>();
    server.uploads.set(key, session.set(request.params.name, content));
    const location = request.params.name.endsWith(".changes") ? server.complete() : undefined;
    if (location !== undefined) reply.header("location", location);
    return reply.code(201).send("received\n");
  });
  if (local) addAdmin(app, server);
  return app;
}

function principalOf(request: FastifyRequest, local: boolean): Principal {
  if (local) return LOCAL;
  const { authorization } = request.headers;
  if (authorization === undefined) return NOBODY;
  const principal = PRINCIPALS[authorization];
  if (principal === undefined) throw new MbdError("bad_credentials");
  return principal;
}

async function answerCall(
  server: FakeServer,
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  asked: GivenArguments,
  local: boolean,
) {
  const { confirm, ...given } = asked;
  const answer = await server.instance.invoker.invoke(name, given, {
    principal: principalOf(request, local),
    client: "test",
    confirm: typeof confirm === "string" ? confirm : undefined,
  });
  if (answer.state === "unconfirmed") {
    const error = new MbdError("confirmation_missing", { call: name });
    return reply.code(428).send(problemOf(error, { plan: answer.plan }));
  }
  return reply.type("application/json").send(JSON.stringify(answer.result));
}

function sendEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  events: readonly (FakeEvent & { id: number })[],
  streams: Set<() => void>,
): void {
  principalOf(request, false);
  const { source } = request.query as Record<string, string | undefined>;
  if (request.headers.accept !== "text/event-stream") {
    void reply.send({ events: events.slice(-1), last: events.length });
    return;
  }
  let last = Number(request.headers["last-event-id"] ?? events.length);
  reply.hijack();
  reply.raw.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  reply.raw.write(`retry: 2000\nid: ${last}\n\n`);
  const send = () => {
    for (const event of events.slice(last)) {
      last = event.id;
      if (source === undefined || event.source === source)
        reply.raw.write(`id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    }
  };
  streams.add(send);
  reply.raw.once("close", () => streams.delete(send));
  send();
}

function addAdmin(app: FastifyInstance, server: FakeServer): void {
  app.post("/admin/token", async (request) => {
    const { name, level } = request.body as Record<string, string>;
    if (name === "broken") throw new MbdError("bad_argument", { argument: "name", reason: "it is broken" });
    server.admin.push(`token ${name} ${level}`);
    return { secret: "mbd_secret" };
  });
  app.post("/admin/user", async (request) => {
    const { name, level, email } = request.body as Record<string, string>;
    server.admin.push(`user ${name} ${level ?? "as it is"}${email === undefined ? "" : ` ${email}`}`);
    const existed = name === "ada" ? { existed: { email: "ada@example.org" } } : {};
    return { password: "generated", level: level ?? "ADMIN", ...existed };
  });
  app.post("/admin/tokens", async () => ({
    tokens: [
      { id: 4, name: "ci", level: "STAFF", createdAt: "2026-03-05T12:00:00.000Z" },
      {
        ...{ id: 7, name: "nightly", level: "ADMIN", createdAt: "2026-03-06T12:00:00.000Z" },
        lastUsedAt: "2026-03-07T01:02:03.000Z",
      },
    ],
  }));
  app.post("/admin/revoke", async (request) => {
    const { token = "" } = request.body as Record<string, string>;
    if (token === "nothing") throw new MbdError("not_found", { what: `Token '${token}'` });
    server.admin.push(`revoke ${token}`);
    return { id: 7, name: "nightly" };
  });
  app.post("/admin/email", async (request) => {
    const { name, email } = request.body as Record<string, string>;
    server.admin.push(`email ${name} '${email}'`);
    return {};
  });
  app.post("/admin/key", async (request) => {
    const { key = "", repository = "" } = request.body as Record<string, string>;
    const { suites, sources } = request.body as Record<string, string[]>;
    const words = [Buffer.from(key, "base64").toString(), repository, ...(suites ?? []), ...(sources ?? [])];
    server.admin.push(`key ${words.join(" ")}`);
    return { fingerprint: "A".repeat(40), userId: "Jane <jane@example.org>", may: repository };
  });
  app.post("/admin/users", async () => ({
    users: [
      { name: "jane", level: "ADMIN", state: "active", email: "jane@example.org" },
      { name: "new", level: "LOGIN", state: "registered", email: "" },
    ],
  }));
  app.post("/admin/retention", async (request) => {
    const { dryRun } = adminRequests.retention.parse(request.body);
    server.admin.push(dryRun ? "would let go" : "let go");
    return { lines: dryRun ? ["log of \u001b[1mhello: it is old"] : [] };
  });
  app.post("/admin/pin", async (request) => {
    const { bkey, pinned } = adminRequests.pin.parse(request.body);
    server.admin.push(`${pinned ? "pin" : "unpin"} ${bkey}`);
    return {};
  });
  app.post("/admin/settings", async (request) => {
    const asked = settingsRequest.parse(request.body);
    server.admin.push(JSON.stringify(asked));
    const refusal = server.refusals.shift();
    if (refusal !== undefined) throw refusal;
    return { text: `${asked.command} done\n`, notes: ["Note this."], result: { command: asked.command } };
  });
  const hook = { name: "chat", url: "https://chat.example.org/x", types: ["FAILED"], distributions: [] };
  const state = {
    sources: [],
    allowedHosts: [],
    waiting: 2,
    givenUp: 1,
    failures: 3,
    error: "it answered 500",
  };
  app.post("/admin/hook/list", async () => ({ hooks: [{ ...hook, ...state }] }));
  for (const what of ["add", "remove", "test"])
    app.post(`/admin/hook/${what}`, async (request) => {
      server.admin.push(`hook ${what} ${JSON.stringify(request.body)}`);
      const { secret } = request.body as { secret?: string };
      return what === "add" && secret === undefined ? { secret: "made-secret" } : {};
    });
  for (const what of ["reset", "disable", "activate"])
    app.post(`/admin/${what}`, async (request) => {
      const { name } = request.body as Record<string, string>;
      if (name === "nobody-here") throw new MbdError("not_found", { what: `User '${name}'` });
      server.admin.push(`${what} ${name}`);
      return what === "reset" ? { address: `http://build.example.org/account/reset?secret=x` } : {};
    });
}
