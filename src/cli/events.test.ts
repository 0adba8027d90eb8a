import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createClient } from "./client.ts";
import { parseEndpoint } from "./endpoint.ts";
import { type CliEvent, followEvents } from "./event-stream.ts";
import { createTestCli, startTestInstance, type TestCli } from "./testing.ts";

let cli: TestCli;
beforeEach(() => {
  cli = createTestCli();
});

describe("events", () => {
  test("from now on, one line each, until --exit-on", async () => {
    const instance = await startTestInstance();
    instance.addEvent({ type: "BUILT" });
    const follow = cli.run("events", instance.url, "--exit-on", "INSTALLED", "--fail-on", "failed,rejected");
    await vi.waitFor(() => {
      if (cli.out() === "") instance.addEvent({ type: "PACKAGING", source: "hello", message: "2 builds" });
      expect(cli.out()).toContain("PACKAGING: hello: 2 builds");
    });
    instance.addEvent({
      type: "INSTALLED",
      distribution: "bookworm-test-unstable",
      source: "hello",
      version: "1.0",
      message: "\u001b[31minstalled\nwell",
      data: {
        builds: [
          { arch: "amd64", state: "BUILT" },
          { arch: "arm64", state: "FAILED" },
          { arch: "armhf", state: "SKIPPED" },
        ],
      },
    });
    const { code, out } = await follow;
    expect(code).toBe(0);
    expect(out).not.toContain("BUILT");
    expect(out.trim().split("\n").at(-1)).toMatch(
      /^\S+ INSTALLED \(bookworm-test-unstable\): hello 1\.0 \[\+amd64, -arm64, ~armhf\]: \?\[31minstalled well$/,
    );
  });
  test("--after, filters, --json and --fail-on", async () => {
    const instance = await startTestInstance();
    instance.addEvent({ type: "BUILT", source: "hello" });
    instance.addEvent({ type: "BUILT", source: "other" });
    instance.addEvent({ type: "FAILED", source: "hello" });
    const { code, out } = await cli.run(
      ...["events", instance.url, "--after", "0", "--source", "hello", "--json", "--fail-on", "FAILED"],
    );
    expect(code).toBe(5);
    expect(
      out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).id),
    ).toEqual([1, 3]);
  });
  test("mistakes and nobody there", async () => {
    expect((await cli.run("events", "http://127.0.0.1:1")).code).toBe(4);
    expect((await cli.run("events", "http://127.0.0.1:1", "--exit-on", "NOPE")).code).toBe(2);
    expect((await cli.run("events", "http://127.0.0.1:1", "--after", "x")).code).toBe(2);
    const instance = await startTestInstance();
    expect((await cli.run("events", instance.url, "--token", "wrong")).code).toBe(3);
  });
});

test("a connection that breaks again and again loses and repeats nothing", async () => {
  const total = 20;
  const asked: (string | undefined)[] = [];
  // Each connection gives three events, the last of them cut in the middle, then breaks.
  const server = createServer((request, response) => {
    asked.push(request.headers["last-event-id"]?.toString());
    if (asked.length === 3) return void response.writeHead(503).end();
    const start = Number(request.headers["last-event-id"] ?? "0");
    response.writeHead(200, { "content-type": "text/event-stream" });
    const blocks = [1, 2, 3].map((step) => start + step).filter((id) => id <= total);
    const text = blocks
      .map(
        (id) =>
          `id: ${id}\nevent: BUILT\ndata: ${JSON.stringify({ id, type: "BUILT", time: "t", message: "é" })}\n\n`,
      )
      .join("");
    response.write(`: hello\n\n${text.slice(0, blocks.length === 3 ? -20 : undefined)}`, () =>
      response.destroy(),
    );
  }).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const endpoint = parseEndpoint(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, "/");
  const stop = new AbortController();
  const seen: CliEvent[] = [];
  const lost: string[] = [];
  const events = followEvents(createClient(endpoint, undefined), {
    query: {},
    after: 0,
    signal: stop.signal,
    onLost: (reason) => void lost.push(reason),
    retrySeconds: () => 0.001,
  });
  for await (const event of events) {
    seen.push(event);
    if (event.id === total) break;
  }
  expect(seen.map((event) => event.id)).toEqual(Array.from({ length: total }, (_, index) => index + 1));
  expect(asked.slice(0, 4)).toEqual(["0", "2", "4", "4"]);
  expect(lost.length).toBeGreaterThan(2);
});
