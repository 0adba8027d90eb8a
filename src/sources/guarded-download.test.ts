import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDownload } from "./guarded-download.ts";

let base = "";
const server = createServer((request, response) => {
  if (request.url === "/loop") response.writeHead(302, { location: "/loop" }).end();
  else if (request.url === "/away") response.writeHead(302, { location: "http://127.0.0.2:9/secret" }).end();
  else if (request.url === "/scheme") response.writeHead(302, { location: "https://127.0.0.1/file" }).end();
  else if (request.url === "/nowhere") response.writeHead(302, { location: "http://[" }).end();
  else if (request.url === "/file") response.end("content");
  else response.writeHead(404).end();
});
beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

test("a configured archive is fetched whatever its address", async () => {
  const stream = await openDownload(`${base}file`, { allowed: [base] });

  expect(await text(stream)).toBe("content");
});

test.each([
  ["loopback by number", () => `${base}file`, "address_refused"],
  ["loopback by name", () => base.replace("127.0.0.1", "localhost"), "address_refused"],
  ["loopback in brackets", () => base.replace("127.0.0.1", "[::ffff:127.0.0.1]"), "address_refused"],
  ["another scheme", () => "file:///etc/passwd", "download_failed"],
  ["no URL", () => "nonsense", "download_failed"],
])("%s is refused", async (_name, url, code) => {
  await expect((async () => openDownload(url(), { allowed: [] }))()).rejects.toMatchObject({ code });
});

test("redirects are checked again, counted, and errors are told", async () => {
  const open = (path: string) => openDownload(`${base}${path}`, { allowed: [base] });

  await expect(open("away")).rejects.toMatchObject({ code: "address_refused" });
  await expect(open("loop")).rejects.toThrow("redirects");
  await expect(open("scheme")).rejects.toThrow("another scheme");
  await expect(open("nowhere")).rejects.toThrow("nowhere");
  await expect(open("nothing")).rejects.toThrow("404");
});
