import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { EVENT_TYPES } from "#events";
import { createTestHttp, type TestHttp } from "./testing.ts";

let server: TestHttp;
let port: number;
const open: ClientRequest[] = [];

beforeEach(async () => {
  server = await createTestHttp();
  ({ port } = await server.http.start({ listen: "127.0.0.1", port: 0, socket: server.socket }));
});
afterEach(async () => {
  for (const outgoing of open.splice(0)) outgoing.destroy();
  await server.close();
});

interface Reader {
  readonly status: number;
  /** All text received so far. */
  text(): string;
  readonly ended: Promise<void>;
  close(): void;
}

async function read(path: string, headers: Record<string, string> = {}): Promise<Reader> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request({ port, path, headers }, resolve).on("error", reject);
    open.push(outgoing);
    outgoing.end();
  });
  let text = "";
  response.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const ended = new Promise<void>((resolve) => response.once("close", () => resolve()));
  return { status: response.statusCode ?? 0, text: () => text, ended, close: () => response.destroy() };
}

const sse = { accept: "text/event-stream" };
const idsIn = (text: string) =>
  [...text.matchAll(/id: (\d+)\nevent: [A-Z_]+\ndata: /g)].map(([, id]) => Number(id));

describe("GET /api/events as JSON", () => {
  const list = async (query: string) =>
    JSON.parse((await server.http.app.inject(`/api/events?${query}`)).body);

  test("after an id, oldest first, with the id to go on from", async () => {
    for (const type of ["PACKAGING", "BUILT", "INSTALLED"] as const)
      server.events.add({ type, source: "hello" });
    expect(await list("after=1")).toMatchObject({ events: [{ id: 2 }, { id: 3 }], last: 3 });
    expect(await list("after=1&limit=1")).toMatchObject({ events: [{ id: 2 }], last: 2 });
    expect(await list("after=3")).toEqual({ events: [], last: 3 });
    expect(await list("limit=2")).toMatchObject({ events: [{ id: 2 }, { id: 3 }], last: 3 });
  });
  test("filters", async () => {
    server.events.add({ type: "BUILT", source: "hello", version: "1.0", distribution: "d" });
    server.events.add({ type: "INSTALLED", source: "hello", version: "2.0", distribution: "d" });
    server.events.add({ type: "INSTALLED", source: "other", version: "2.0", distribution: "e" });
    const ids = async (query: string) =>
      (await list(`after=0&${query}`)).events.map((event: { id: number }) => event.id);
    expect(await ids("type=BUILT,FAILED")).toEqual([1]);
    expect(await ids("source=hello&min_version=1.5")).toEqual([2]);
    expect(await ids("distribution=e")).toEqual([3]);
    expect(await ids("version=1.0")).toEqual([1]);
  });
  test.each([
    ["after=-1", "Argument 'after': it is less than 0."],
    ["after=x", "Argument 'after': it is not a number."],
    ["after=1.5", "Argument 'after': it is not a whole number."],
    ["limit=0", "Argument 'limit': it is less than 1."],
    ["limit=5000", "Argument 'limit': it is more than 1000."],
    ["limit=1&limit=2", "Argument 'limit': it is not a number."],
    ["packaging=NaN", "Argument 'packaging': it is not a number."],
    ["source=a&source=b", "Argument 'source': it must be one text."],
    [`source=${"a".repeat(257)}`, "Argument 'source': it is longer than 256."],
    ["type=NOPE", `Argument 'type': 'NOPE' is not one of: ${EVENT_TYPES.join(", ")}.`],
  ])("%s is refused with one sentence", async (query, detail) => {
    const answer = await server.http.app.inject(`/api/events?${query}`);

    expect([answer.statusCode, answer.json()]).toMatchObject([400, { detail }]);
  });
});

describe("GET /api/events as a stream", () => {
  test("starts now, sends each new event, and heartbeats between", async () => {
    server.events.add({ type: "BUILT" });
    const reader = await read("/api/events", sse);
    await vi.waitFor(() => expect(reader.text()).toContain("retry: 2000\nid: 1\n\n"));
    server.events.add({ type: "INSTALLED", message: "line\nbreak" });
    await vi.waitFor(() => expect(idsIn(reader.text())).toEqual([2]));
    await vi.waitFor(() => expect(reader.text()).toContain(": still here\n\n"));
    const [, data = ""] = /data: (.*)\n\n/.exec(reader.text()) ?? [];
    expect(JSON.parse(data)).toMatchObject({ id: 2, type: "INSTALLED", message: "line\nbreak" });
  });
  test("resumes after the last seen id without gap or repeat, more than one batch", async () => {
    for (let count = 0; count < 450; count += 1) server.events.add({ type: "BUILT" });
    const reader = await read("/api/events?after=1", { ...sse, "last-event-id": "5" });
    await vi.waitFor(() => expect(idsIn(reader.text()).at(-1)).toBe(450));
    server.events.add({ type: "BUILT" });
    await vi.waitFor(() => expect(idsIn(reader.text()).at(-1)).toBe(451));
    expect(idsIn(reader.text())).toEqual(Array.from({ length: 446 }, (_, index) => index + 6));
  });
  test("goes on where a whole batch did not match the filter", async () => {
    for (let count = 0; count < 250; count += 1) server.events.add({ type: "BUILT", version: "1.0" });
    server.events.add({ type: "BUILT", version: "2.0" });
    const reader = await read("/api/events?after=0&min_version=1.5", sse);
    await vi.waitFor(() => expect(idsIn(reader.text())).toEqual([251]));
  });
  test("too many from one client are refused, closed ones make room again", async () => {
    const readers = [
      await read("/api/events", sse),
      await read("/api/events", sse),
      await read("/api/events", sse),
    ];
    expect(readers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await read("/api/events", sse)).status).toBe(429);
    readers[0]?.close();
    await vi.waitFor(async () => expect((await read("/api/events", sse)).status).toBe(200));
  });
  test("ends when the server stops", async () => {
    const reader = await read("/api/events", sse);
    await vi.waitFor(() => expect(reader.text()).toContain("retry"));
    await server.http.stop(10_000);
    await reader.ended;
  });
});

describe("GET /builds/<id>/log", () => {
  test("all, from a byte on, and whether more can come", async () => {
    server.logs.logs.set(31, { text: "first\nsecond\n", ended: false });
    const all = await server.http.app.inject("/builds/31/log");
    expect([all.body, all.headers["x-log-ended"], all.headers["content-type"]]).toEqual([
      "first\nsecond\n",
      "false",
      "text/plain; charset=utf-8",
    ]);
    expect((await server.http.app.inject("/builds/31/log?from=6")).body).toBe("second\n");
  });
  test("of a check that has its own", async () => {
    server.logs.logs.set(31, { text: "the build\n", ended: true });
    server.logs.checkLogs.set("31 piuparts", { text: "0m0.0s INFO: begin\n", ended: true });
    const ask = async (query: string) => await server.http.app.inject(`/builds/31/log?${query}`);
    expect((await ask("tool=piuparts&from=7")).body).toBe("INFO: begin\n");
    expect((await ask("tool=autopkgtest")).statusCode).toBe(404);
    expect((await ask("tool=lintian")).statusCode).toBe(400);
    server.logs.attemptLogs.set("31 2", { text: "the second try\n", ended: true });
    expect((await ask("attempt=2&from=4")).body).toBe("second try\n");
    expect((await ask("attempt=1")).statusCode).toBe(404);
    expect((await ask("attempt=x")).statusCode).toBe(400);
  });
  test("followed until the build has ended", async () => {
    const log = { text: "first\n", ended: false };
    server.logs.logs.set(31, log);
    const reader = await read("/builds/31/log?follow=1&from=2");
    await vi.waitFor(() => expect(reader.text()).toBe("rst\n"));
    log.text += "second\n";
    await vi.waitFor(() => expect(reader.text()).toBe("rst\nsecond\n"));
    log.text += "end\n";
    log.ended = true;
    await reader.ended;
    expect(reader.text()).toBe("rst\nsecond\nend\n");
  });
  test("too many answers at once are refused, ended and refused ones make room again", async () => {
    server.logs.logs.set(31, { text: "x".repeat(50_000_000), ended: true });
    const readers = [
      await read("/builds/31/log"),
      await read("/builds/31/log"),
      await read("/builds/31/log"),
    ];
    expect(readers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await read("/builds/31/log")).status).toBe(429);
    for (const reader of readers) reader.close();
    for (let count = 0; count < 5; count += 1) {
      await vi.waitFor(async () => expect((await read("/builds/32/log")).status).toBe(404));
    }
  });
  test.each([
    ["/builds/32/log", 404],
    ["/builds/x/log", 400],
    ["/builds/31/log?from=-1", 400],
  ])("%s is %i", async (url, status) => {
    expect((await server.http.app.inject({ url, headers: { accept: "text/html" } })).statusCode).toBe(status);
  });
});
