import { createHmac } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "#platform";
import { type HookReceiver, startHookReceiver } from "#testing";
import { createSendHook, type HookTarget } from "./hook-request.ts";

const SECRET = "a secret of a hook";
const MESSAGE = { type: "INSTALLED", delivery: "4711", body: '{"id":4711,"message":"grün"}' };

let receiver: HookReceiver;
beforeEach(async () => {
  receiver = await startHookReceiver();
});
afterEach(() => receiver.close());

const send = createSendHook({ clock: systemClock, timeoutMs: 500 });
const never = new AbortController().signal;
const target = (change: Partial<HookTarget> = {}): HookTarget => ({
  url: `http://127.0.0.1:${receiver.port}/path?token=hidden`,
  secret: SECRET,
  allowedHosts: ["127.0.0.1"],
  ...change,
});

test("the body comes as it is, signed with the time", async () => {
  const before = Math.floor(Date.now() / 1000);

  expect(await send(target(), MESSAGE, never)).toBe(200);

  const [message] = receiver.received;
  const timestamp = Number(message?.headers["x-mini-buildd-timestamp"]);
  expect(timestamp).toBeGreaterThanOrEqual(before);
  expect(timestamp).toBeLessThan(before + 60);
  expect(message).toMatchObject({ path: "/path?token=hidden", body: MESSAGE.body });
  const mac = createHmac("sha256", SECRET).update(`${timestamp}.${message?.body}`).digest("hex");
  expect(message?.headers).toMatchObject({
    "content-type": "application/json; charset=utf-8",
    "x-mini-buildd-event": "INSTALLED",
    "x-mini-buildd-delivery": "4711",
    "x-mini-buildd-signature-256": `sha256=${mac}`,
  });
});

test("a redirect is an answer like others, and leads nowhere", async () => {
  receiver.answer = (response) => response.writeHead(307, { location: "/elsewhere" }).end();

  expect(await send(target(), MESSAGE, never)).toBe(307);

  expect(receiver.received.map(({ path }) => path)).toEqual(["/path?token=hidden"]);
});

test.each([
  ["an address", (port: number) => `http://127.0.0.1:${port}/`],
  ["an address in other words", (port: number) => `http://0x7f.1:${port}/`],
  ["a mapped address", (port: number) => `http://[::ffff:127.0.0.1]:${port}/`],
  ["a name", (port: number) => `http://localhost:${port}/`],
])("%s of this machine is refused unless it is allowed", async (_what, url) => {
  const sending = send(target({ url: url(receiver.port), allowedHosts: ["example.org"] }), MESSAGE, never);

  await expect(sending).rejects.toThrow("its address is private");
  expect(receiver.received).toEqual([]);
});

test("a host that is allowed by name is reached", async () => {
  const url = `http://localhost:${receiver.port}/`;

  expect(await send(target({ url, allowedHosts: ["localhost"] }), MESSAGE, never)).toBe(200);
});

test("one that says nothing, or drips for ever, is not waited for", async () => {
  receiver.answer = () => undefined;
  await expect(send(target(), MESSAGE, never)).rejects.toThrow("no answer within 0.5 s");

  receiver.answer = (response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write("."), 20);
    response.on("close", () => clearInterval(drip));
  };
  await expect(send(target(), MESSAGE, never)).rejects.toThrow("no answer within 0.5 s");
});

test("an answer without end is left", async () => {
  receiver.answer = (response) => {
    const flood = () => {
      while (!response.destroyed && response.write("x".repeat(65_536)));
    };
    response.on("drain", flood);
    flood();
  };

  expect(await send(target(), MESSAGE, never)).toBe(200);
});

test("what goes wrong is told without address and secret", async () => {
  await receiver.close();
  const error = await send(target(), MESSAGE, never).catch((reason: unknown) => reason);

  expect(String(error)).toBe("HookUnreachable: it cannot be reached (ECONNREFUSED)");
  receiver = await startHookReceiver();
});

test("the end of the daemon ends it at once", async () => {
  receiver.answer = () => stop.abort(new Error("the daemon stops"));
  const stop = new AbortController();

  await expect(send(target(), MESSAGE, stop.signal)).rejects.not.toThrow("no answer");
});

test("one that switches to another protocol is not waited for", async () => {
  receiver.answer = (response) =>
    void response.socket?.end(
      "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
    );

  await expect(send(target(), MESSAGE, never)).rejects.toThrow("it cannot be reached");
});
