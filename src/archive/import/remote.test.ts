import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openRemote, type Remote } from "./remote.ts";

const LOCATIONS: Readonly<Record<string, string>> = {
  "/here": "/file",
  "/loop": "/loop",
  "/nowhere": "http://[",
  "/scheme": "file:///etc/passwd",
};
const server = createServer((request, response) => {
  const location = LOCATIONS[request.url ?? ""];
  if (location !== undefined) response.writeHead(302, { location }).end();
  else if (request.url === "/file") response.end("content");
  else response.writeHead(404).end();
});
let base: string;
let remote: Remote;

beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  remote = openRemote(base);
});
afterEach(async () => {
  remote.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test("a file comes by redirects too, and what is not there is not an error", async () => {
  const file = await remote.open("here", 100);

  expect(file === undefined ? undefined : await text(file)).toBe("content");
  expect(await remote.open("nothing", 100)).toBeUndefined();
});

test.each([
  ["loop", "more than 5 redirects"],
  ["nowhere", "/nowhere redirects to nowhere"],
  ["scheme", "/scheme redirects to 'file:', which is neither http nor https"],
])("a redirect to a %s is an error that says so", async (path, reason) => {
  await expect(remote.open(path, 100)).rejects.toMatchObject({
    code: "download_failed",
    message: expect.stringMatching(new RegExp(`^${base}/${path} could not be fetched: .*${reason}.$`)),
  });
});
