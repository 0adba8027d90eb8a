import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestHttp, type TestHttp } from "./testing.ts";

const SECRET = "this is for nobody";
let server: TestHttp;

beforeAll(async () => {
  server = await createTestHttp();
  const root = join(server.dir, "repositories", "test");
  mkdirSync(join(root, ".generations/x/1"), { recursive: true });
  mkdirSync(join(root, "dists"));
  mkdirSync(join(root, "pool"));
  writeFileSync(join(root, "pool/a_1~b+c.deb"), "0123456789");
  writeFileSync(join(root, ".generations/x/1/InRelease"), "seen");
  writeFileSync(join(root, ".generations/private"), SECRET);
  symlinkSync("../.generations/x/1", join(root, "dists/x"));
  symlinkSync("../../../secret", join(root, "pool/escape"));
  writeFileSync(join(server.dir, "secret"), SECRET);
});
afterAll(async () => await server.close());

/** Parts of addresses as attackers and careless clients combine them. */
const part = fc.oneof(
  fc.constantFrom("test", "pool", "dists", "x", "a_1~b+c.deb", "a_1%7eb%2Bc.deb", "InRelease", "escape"),
  fc.constantFrom("..", ".", "", "%2e%2e", "%2E.", "..%2f", "%2f", "%5c..", "%00", "%", "%zz", "%c0%ae", ";"),
  fc.constantFrom(".generations", "%2egenerations", "private", "secret", "?page=2", "#", "*", "~root", "\\"),
  fc.string({ maxLength: 20 }).map(encodeURIComponent),
);
const path = fc.array(part, { maxLength: 8 }).map((parts) => `/repositories/${parts.join("/")}`);
const value = fc.oneof(
  fc.constantFrom("bytes=0-", "bytes=5-2", "bytes=-0", "bytes=0-0,2-3", "bytes=99999999999999999999-", "*"),
  fc.constantFrom('"x"', 'W/"x"', "Mon, 01 Jan 2024 00:00:00 GMT", "Thu, 99 Foo 0000", ",,,", '"', "0", "-1"),
  fc.string({ maxLength: 30 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, "")),
);
const header = fc.constantFrom(
  ...["range", "if-range", "if-none-match", "if-match", "if-modified-since", "if-unmodified-since"],
  ...["accept", "accept-encoding", "cache-control"],
);

test("no address and no header makes an error of ours, or shows what is for nobody", async () => {
  const headers = fc.dictionary(header, value, { maxKeys: 4, noNullPrototype: true });
  await fc.assert(
    fc.asyncProperty(path, headers, fc.constantFrom("GET", "HEAD"), async (url, given, method) => {
      const answer = await server.http.app.inject({ method: method as "GET", url, headers: given });
      expect([200, 206, 301, 304, 400, 404, 412, 416]).toContain(answer.statusCode);
      expect(answer.body).not.toContain(SECRET);
      expect(answer.headers["content-encoding"]).toBeUndefined();
      const { location } = answer.headers;
      // A redirect stays on this host: two slashes at the beginning would be another one's address.
      if (location !== undefined) expect(location).toMatch(/^\/repositories(?:\/|$)/);
    }),
    { numRuns: 400 },
  );
}, 120_000);
