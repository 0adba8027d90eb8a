import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createFetch } from "./fetch.ts";

const servers: Server[] = [];
const LIMITS = { maxBytes: 1000, timeoutMs: 5000 };

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("gets a body, whatever the status", async () => {
  const url = await serve((_, response) => response.writeHead(404).end("none"));

  const answer = await createFetch()(url, LIMITS);

  expect(answer).toEqual({ status: 404, body: Buffer.from("none") });
});

test("follows redirects, but only so many, and not to other schemes or to nowhere", async () => {
  const url = await serve((request, response) => {
    if (request.url === "/end") response.end("end");
    else if (request.url === "/file") response.writeHead(302, { location: "file:///etc/passwd" }).end();
    else if (request.url === "/loop") response.writeHead(301, { location: "/loop" }).end();
    else if (request.url === "/nowhere") response.writeHead(302, { location: "http://[" }).end();
    else response.writeHead(307, { location: "/end" }).end();
  });
  const fetch = createFetch();

  expect((await fetch(`${url}/start`, LIMITS)).body.toString()).toBe("end");
  await expect(fetch(`${url}/file`, LIMITS)).rejects.toThrow("neither http nor https");
  await expect(fetch(`${url}/loop`, LIMITS)).rejects.toThrow("more than 5 redirects");
  await expect(fetch(`${url}/nowhere`, LIMITS)).rejects.toThrow(`${url}/nowhere redirects to nowhere`);
});

test("ends answers that are too long or too slow", async () => {
  const url = await serve((request, response) => {
    response.write("x".repeat(600));
    if (request.url === "/long") response.end("x".repeat(600));
  });
  const fetch = createFetch();

  await expect(fetch(`${url}/long`, LIMITS)).rejects.toThrow("longer than 1000 bytes");
  await expect(fetch(`${url}/slow`, { ...LIMITS, timeoutMs: 200 })).rejects.toThrow("no answer within 0.2 s");
});

test("a server that switches to another protocol, and a proxy that does, is an error", async () => {
  const switching = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n";
  const url = await serve((_, response) => response.socket?.end(switching));
  servers[0]?.on("connect", (_, socket) => socket.end(switching));

  await expect(createFetch()(url, LIMITS)).rejects.toThrow("another protocol than HTTP");
  await expect(createFetch(url)("http://archive.invalid/", LIMITS)).rejects.toThrow("another protocol");
  await expect(createFetch(url)("https://archive.invalid/", LIMITS)).rejects.toThrow(
    "the proxy answered 101",
  );
});

test("asks for changes only", async () => {
  const url = await serve((request, response) =>
    response.writeHead(request.headers["if-modified-since"] === undefined ? 200 : 304).end(),
  );

  const answer = await createFetch()(url, { ...LIMITS, ifModifiedSince: new Date(0).toUTCString() });

  expect(answer.status).toBe(304);
});

test("sends http requests whole to a proxy, and asks it for a tunnel to https hosts", async () => {
  const asked: string[] = [];
  const proxy = await serve((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.host}`);
    response.end("by proxy");
  });
  servers[0]?.on("connect", (request, socket) => {
    asked.push(`${request.method} ${request.url}`);
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  const fetch = createFetch(proxy);

  const answer = await fetch("http://archive.invalid/dists/x", LIMITS);

  expect(answer.body.toString()).toBe("by proxy");
  await expect(fetch("https://archive.invalid/x", LIMITS)).rejects.toThrow("the proxy answered 403");
  expect(asked).toEqual([
    "GET http://archive.invalid/dists/x archive.invalid",
    "CONNECT archive.invalid:443",
  ]);
});
