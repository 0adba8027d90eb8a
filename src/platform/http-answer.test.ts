import { Agent, request } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { answerTo } from "./http-answer.ts";

let server: Server;
let answer: string | undefined;
const sockets = new Set<Socket>();
beforeEach(async () => {
  server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    socket.once("data", () => {
      if (answer !== undefined) socket.end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

test("an answer is the answer", async () => {
  answer = "HTTP/1.1 204 No Content\r\n\r\n";
  const asking = request(url(), { agent: false });

  const response = answerTo(asking);
  asking.end();

  expect((await response).statusCode).toBe(204);
});

test.each([
  [
    "another protocol",
    "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
    "another protocol",
  ],
  ["only news of one", "HTTP/1.1 102 Processing\r\n\r\n", "socket hang up"],
  ["nothing", "", "socket hang up"],
])("%s is an error", async (_what, text, message) => {
  answer = text;
  const asking = request(url(), { agent: false });

  const response = answerTo(asking);
  asking.end();

  await expect(response).rejects.toThrow(message);
});

test("nobody waits longer than the signal says, not even for a free connection", async () => {
  answer = undefined;
  const agent = new Agent({ maxSockets: 1 });
  const abort = new AbortController();
  const ask = (signal?: AbortSignal) => {
    const asking = request(url(), { agent, ...(signal === undefined ? {} : { signal }) });
    const response = answerTo(asking, signal);
    asking.end();
    return response;
  };
  const first = ask();
  const second = ask(abort.signal);

  abort.abort(new Error("enough"));

  await expect(second).rejects.toThrow("enough");
  agent.destroy();
  await expect(first).rejects.toThrow("socket hang up");
});
