import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silentLog } from "#platform";
import { type HttpUpload, httpSession, receiveHttp } from "./http-upload.ts";
import { changesOf, type IncomingBench, openIncomingBench, streamOf, type TestFile } from "./testing.ts";

const run = promisify(execFile);
const DSC = { name: "hello_1.dsc", content: "dsc" };
const CHANGES = changesOf([DSC]);
let bench: IncomingBench;
beforeEach(async () => {
  bench = await openIncomingBench();
});
afterEach(() => bench.close());

const put = (file: TestFile, more: Partial<HttpUpload> = {}, incoming = bench.incoming) =>
  receiveHttp(incoming, silentLog, {
    method: "PUT",
    file: file.name,
    body: streamOf(file.content),
    address: "::ffff:192.0.2.1",
    ...more,
  });

test("201 new, 200 the same again, Location of the upload that a file completes", async () => {
  const statuses = [
    await put(DSC),
    await put(DSC),
    await put({ ...DSC, content: "other" }),
    await put(CHANGES),
  ];

  expect(statuses).toMatchObject([
    { status: 201, headers: {} },
    { status: 200, headers: {} },
    { status: 201, headers: {} },
    { status: 201, headers: { location: "/uploads/1" }, upload: 1 },
  ]);
});

test("HEAD tells the size of this session's file, or 404", async () => {
  await put(DSC);
  const body = streamOf("");

  const known = await put(DSC, { method: "HEAD", body });
  const unknown = await put(DSC, { method: "HEAD", body, address: "192.0.2.2" });

  expect([known, unknown]).toMatchObject([
    { status: 200, headers: { "content-length": "3" } },
    { status: 404 },
  ]);
});

test.each([
  ["a bad name", 400, /not an acceptable file name/, () => put({ ...DSC, name: "../x" })],
  ["a .changes without list", 400, /Checksums-Sha256/, () => put({ ...CHANGES, content: "Source: x\n" })],
  ["a long .changes", 413, /larger than/, () => put({ ...CHANGES, content: "x".repeat(1024 * 1024 + 1) })],
  ["an announced length", 413, /larger than/, () => put(DSC, { lengthBytes: 9 * 1024 ** 3 })],
  ["a name that is not ASCII", 400, /^[ -~]+$/, () => put({ ...DSC, name: "ä\r\nX: y" })],
] as const)("%s is %i", async (_, status, reason, send) => {
  expect(await send()).toMatchObject({ status, reason: expect.stringMatching(reason) });
});

test("503 with Retry-After while the engine is stopped, 507 without disk", async () => {
  bench.engine.running = false;
  const stopped = await put(DSC);
  bench.engine.running = true;
  const full = await put(DSC, {}, await bench.restart({ freeBytes: async () => 5 }));

  expect([stopped, full]).toMatchObject([{ status: 503, headers: { "retry-after": "60" } }, { status: 507 }]);
});

test("sessions: by token, else by user, else by address; the token itself is not kept", () => {
  const address = "::ffff:192.0.2.1";
  const byToken = httpSession({ sessionToken: "secret", user: "a", address });

  expect(byToken).toMatchObject({ origin: "cli", client: "192.0.2.1" });
  expect(byToken.key).not.toContain("secret");
  expect(httpSession({ user: "a", address })).toMatchObject({ origin: "http", key: "user:a" });
  expect(httpSession({ address })).toMatchObject({ origin: "http", key: "address:192.0.2.1" });
});

test("over a real connection: a refusal in the middle is readable, a broken one leaves nothing", async () => {
  const incoming = await bench.restart({ limits: { fileBytes: 1_000_000 } });
  const { server, url } = await serve(incoming);

  const refused = await curl("x".repeat(5_000_000), ["-H", "Transfer-Encoding: chunked", `${url}big_1.tar`]);
  const broken = await curl("x".repeat(900_000), ["--limit-rate", "400k", "-m", "1", `${url}slow_1.tar`]);
  const good = await curl("dsc", [`${url}hello_1.dsc`]);

  expect([refused, good]).toEqual(["413", "201"]);
  expect(broken).not.toMatch(/^[2-5]/);
  const names = await bench.db.read.selectFrom("incoming_file").select("name").execute();
  expect(names).toEqual([{ name: "hello_1.dsc" }]);
  server.closeAllConnections();
  server.close();
});

async function serve(incoming: typeof bench.incoming): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const file = (request.url ?? "").replace("/upload/", "");
    const address = request.socket.remoteAddress ?? "";
    void receiveHttp(incoming, silentLog, { method: "PUT", file, body: request, address }).then((answer) => {
      response.writeHead(answer.status, answer.reason, answer.headers).end(answer.reason);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/upload/` };
}

async function curl(input: string, args: readonly string[]): Promise<string> {
  const options = ["-sS", "-o", "/dev/null", "-w", "%{http_code}", "--noproxy", "*", "-T", "-"];
  const child = run("curl", [...options, ...args]);
  child.child.stdin?.on("error", () => child.child.stdin?.destroy());
  child.child.stdin?.end(input);
  return (await child.catch((error: { stdout: string }) => error)).stdout;
}
