import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { askUpstream, type Connections, createConnections, letGo } from "./apt-proxy-upstream.ts";

let archive: Server;
let base: string;
let opened: Socket[];
let respond: (request: IncomingMessage, response: ServerResponse) => void;
let connections: Connections;

beforeEach(async () => {
  opened = [];
  respond = (_, response) => response.end("content");
  archive = createServer((request, response) => respond(request, response));
  archive.on("connection", (socket) => opened.push(socket));
  archive.listen(0, "127.0.0.1");
  await once(archive, "listening");
  base = `http://127.0.0.1:${(archive.address() as AddressInfo).port}`;
  connections = createConnections();
});
afterEach(() => {
  connections.close();
  archive.closeAllConnections();
  archive.close();
});

const ask = (path: string) =>
  askUpstream(new URL(path, base), undefined, {
    connections,
    proxy: undefined,
    timeoutMs: 5000,
    isAllowed: async () => true,
  });

test("a connection is used again, also after answers that nobody reads", async () => {
  respond = ({ url }, response) => {
    if (url === "/moved") response.writeHead(302, { location: "/there", "content-length": 4 }).end("away");
    else if (url === "/gone") response.writeHead(404, { "content-length": 4 }).end("gone");
    else response.end("content");
  };

  for (let file = 0; file < 20; file += 1) expect(await text(await ask(`/${file}`))).toBe("content");
  expect(opened).toHaveLength(1);
  expect(await text(await ask("/moved"))).toBe("content");
  const gone = await ask("/gone");
  letGo(gone);
  await once(gone, "end");
  await text(await ask("/last"));

  // The second while the redirect was still being read.
  expect(opened).toHaveLength(2);
});

test("one that the archive closes as it is used again is replaced by a new one", async () => {
  let answers = 0;
  respond = ({ socket }, response) => {
    answers += 1;
    if (answers === 2) socket.destroy();
    else response.end("content");
  };

  await text(await ask("/first"));
  const second = await text(await ask("/second"));

  expect(second).toBe("content");
  expect(opened).toHaveLength(2);
});

test("a new one that the archive closes is its failure", async () => {
  respond = ({ socket }) => socket.destroy();

  await expect(ask("/file")).rejects.toMatchObject({ name: "UpstreamError", status: 502 });
  expect(opened).toHaveLength(1);
});

test("a long answer that nobody wants is not read", async () => {
  respond = (_, response) =>
    response.writeHead(404, { "content-length": 10_000_000 }).end(Buffer.alloc(10_000_000));

  letGo(await ask("/file"));

  await expect.poll(() => opened[0]?.destroyed).toBe(true);
});
