import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { createTestHttp, type TestHttp } from "./testing.ts";

async function makeServer(): Promise<TestHttp> {
  const server = await createTestHttp();
  onTestFinished(() => server.close());
  return server;
}

async function get(options: {
  host?: string;
  port?: number;
  socketPath?: string;
  path: string;
}): Promise<string> {
  return await new Promise((resolve, reject) => {
    request(options, (response) => void text(response).then(resolve, reject))
      .on("error", reject)
      .end();
  });
}

test("the socket lies in a directory for its owner only, a left-over one is replaced", async () => {
  const server = await makeServer();
  await server.http.start({ listen: "127.0.0.1", port: 0, socket: server.socket });
  expect(statSync(join(server.socket, "..")).mode & 0o777).toBe(0o700);
  expect(statSync(server.socket).mode & 0o777).toBe(0o600);
  expect(await get({ socketPath: server.socket, path: "/api/status" })).toContain('"identity": "acme"');
  await server.http.stop(500);
  writeFileSync(server.socket, "left over");
  const next = await makeServer();
  await next.http.start({ listen: "127.0.0.1", port: 0, socket: server.socket });
  expect(await get({ socketPath: server.socket, path: "/api/status" })).toContain('"identity": "acme"');
});

test("a further address is served besides loopback", async () => {
  const server = await makeServer();
  const { port } = await server.http.start({ listen: "127.0.0.2", port: 0, socket: server.socket });
  for (const host of ["127.0.0.1", "127.0.0.2"])
    expect(await get({ host, port, path: "/api/status" })).toContain('"identity": "acme"');
});

test("a port that is taken and a path too long for a socket are said in one sentence", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as AddressInfo;
  const server = await makeServer();
  await expect(server.http.start({ listen: "127.0.0.1", port, socket: server.socket })).rejects.toThrow(
    `cannot listen on 127.0.0.1 port ${port}`,
  );
  const dir = mkdtempSync(join(tmpdir(), "mbd-long-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const long = join(dir, "x".repeat(100), "control.sock");
  await expect(server.http.start({ listen: "127.0.0.1", port: 0, socket: long })).rejects.toThrow("too long");
});

test("a target of slashes only is not found like any other, with a page or a problem", async () => {
  const server = await makeServer();
  for (const url of ["//", "///", "//?output=html", "/repositories/..//"]) {
    const answer = await server.http.app.inject({ url });
    expect(answer.statusCode, url).toBe(404);
    expect(answer.body, url).toContain("was not found");
  }
});
