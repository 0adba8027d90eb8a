import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Door, openDoor } from "./door.ts";

describe("the door of a build", () => {
  let proxy: Server;
  let port: number;
  let door: Door;

  const listening = (server: Server, at: number) =>
    new Promise<number>((resolve) => {
      server.listen(at, "127.0.0.1", () => {
        const address = server.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
  const answering = () => createServer((request, response) => response.end(`you want ${request.url}`));
  const stop = async () => {
    const closed = new Promise((resolve) => proxy.close(resolve));
    proxy.closeAllConnections();
    await closed;
  };
  const ask = async (path: string) => await (await fetch(`http://127.0.0.1:${door.port}${path}`)).text();

  beforeEach(async () => {
    proxy = answering();
    port = await listening(proxy, 0);
    door = await openDoor(port);
  });
  afterEach(async () => {
    door.close();
    if (proxy.listening) await stop();
  });

  it("passes on what is asked", async () => {
    expect(await ask("/a")).toBe("you want /a");
    expect(await ask("/b")).toBe("you want /b");
  });

  it("lets who comes while nobody is there wait until somebody is", async () => {
    await stop();
    const answer = ask("/later");
    proxy = answering();
    await listening(proxy, port);

    expect(await answer).toBe("you want /later");
  });

  it("goes on where an answer broke off, when the daemon is back", async () => {
    await stop();
    const content = randomBytes(300_000).toString("hex");
    const headers = { "content-length": content.length, etag: '"one"' };
    proxy = createServer((_request, response) => {
      response.writeHead(200, headers);
      response.write(content.slice(0, 200_000), () => response.socket?.destroySoon());
    });
    await listening(proxy, port);
    const answer = ask("/broken");
    await new Promise((resolve) =>
      proxy.once("request", (_request, response) => response.on("close", resolve)),
    );
    await stop();
    proxy = createServer((_request, response) => response.writeHead(200, headers).end(content));
    await listening(proxy, port);

    expect((await answer) === content).toBe(true);
  });

  it("does not mix an answer with another one", async () => {
    await stop();
    let asked = 0;
    proxy = createServer((_request, response) => {
      asked += 1;
      response.writeHead(200, { "content-length": 1000, etag: `"${asked}"` });
      response.write("a part", () => response.socket?.destroySoon());
    });
    await listening(proxy, port);

    await expect(ask("/changing")).rejects.toThrow();
    expect(asked).toBe(2);
  });

  it("says so when nobody comes back", async () => {
    await stop();
    door.close();
    door = await openDoor(port, { patienceMs: 100 });

    const answer = await fetch(`http://127.0.0.1:${door.port}/x`);
    expect(answer.status).toBe(503);
  });

  it("ends all connections when it is closed", async () => {
    await stop();
    const answer = ask("/never");
    const failed = expect(answer).rejects.toThrow();
    door.close();

    await failed;
  });
});
