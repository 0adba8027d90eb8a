import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestHttp, type TestHttp } from "./testing.ts";

let server: TestHttp;
const DEB = "pool/main/h/hello/hello_2.10-3~test12+1_amd64.deb";

beforeEach(async () => {
  server = await createTestHttp();
  const root = join(server.dir, "repositories", "test");
  mkdirSync(join(root, "pool/main/h/hello"), { recursive: true });
  mkdirSync(join(root, "dists/.generations/1/main/by-hash/SHA256"), { recursive: true });
  writeFileSync(join(root, DEB), "0123456789");
  writeFileSync(join(root, "pool/main/h/hello/evil.html"), "<script>alert(1)</script>");
  writeFileSync(join(root, "dists/.generations/1/InRelease"), "Suite: x\n");
  writeFileSync(join(root, "dists/.generations/1/main/by-hash/SHA256/abcd"), "index");
  symlinkSync(".generations/1", join(root, "dists/bookworm-test-unstable"));
  writeFileSync(join(server.dir, "secret"), "secret");
  symlinkSync("../../secret", join(root, "escape"));
  symlinkSync("loop", join(root, "loop"));
  utimesSync(join(root, DEB), new Date("2024-01-02T03:04:05Z"), new Date("2024-01-02T03:04:05Z"));
});
afterEach(async () => await server.close());

const get = (path: string, headers: Record<string, string> = {}, method: "GET" | "HEAD" = "GET") =>
  server.http.app.inject({ method, url: path, headers });

describe("files as apt asks for them", () => {
  test.each([
    "hello_2.10-3~test12+1_amd64.deb",
    "hello_2.10-3%7etest12%2b1_amd64.deb",
    "hello_2.10-3%7Etest12%2B1_amd64.deb",
  ])("%s", async (name) => {
    const answer = await get(`/repositories/test/pool/main/h/hello/${name}`);
    expect([answer.statusCode, answer.body]).toEqual([200, "0123456789"]);
    expect(answer.headers["content-type"]).toBe("application/vnd.debian.binary-package");
    expect(answer.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  });
  test("through the link to the current generation, asked for again each time", async () => {
    const answer = await get("/repositories/test/dists/bookworm-test-unstable/InRelease");
    expect([answer.statusCode, answer.body]).toEqual([200, "Suite: x\n"]);
    expect(answer.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(answer.headers["cache-control"]).toBe("public, max-age=0, must-revalidate");
    const byHash = await get("/repositories/test/dists/bookworm-test-unstable/main/by-hash/SHA256/abcd");
    expect(byHash.headers["cache-control"]).toContain("immutable");
  });
  test("If-Modified-Since and ETag save the transfer", async () => {
    const first = await get(`/repositories/test/${DEB}`);
    expect(first.headers["last-modified"]).toBe("Tue, 02 Jan 2024 03:04:05 GMT");
    const since = await get(`/repositories/test/${DEB}`, {
      "if-modified-since": String(first.headers["last-modified"]),
    });
    expect([since.statusCode, since.body]).toEqual([304, ""]);
    const match = await get(`/repositories/test/${DEB}`, { "if-none-match": String(first.headers.etag) });
    expect(match.statusCode).toBe(304);
    const older = await get(`/repositories/test/${DEB}`, {
      "if-modified-since": "Mon, 01 Jan 2024 00:00:00 GMT",
    });
    expect(older.statusCode).toBe(200);
  });
  test("ranges, also with If-Range, and those beyond the end", async () => {
    const part = await get(`/repositories/test/${DEB}`, { range: "bytes=4-" });
    expect([part.statusCode, part.body, part.headers["content-range"]]).toEqual([
      206,
      "456789",
      "bytes 4-9/10",
    ]);
    const fresh = await get(`/repositories/test/${DEB}`, {
      range: "bytes=4-",
      "if-range": "Tue, 02 Jan 2024 03:04:05 GMT",
    });
    expect(fresh.statusCode).toBe(206);
    const stale = await get(`/repositories/test/${DEB}`, {
      range: "bytes=4-",
      "if-range": "Mon, 01 Jan 2024 00:00:00 GMT",
    });
    expect([stale.statusCode, stale.body]).toEqual([200, "0123456789"]);
    const beyond = await get(`/repositories/test/${DEB}`, { range: "bytes=10-" });
    expect([beyond.statusCode, beyond.headers["content-range"]]).toEqual([416, "bytes */10"]);
  });
  test("HEAD", async () => {
    const answer = await get(`/repositories/test/${DEB}`, {}, "HEAD");
    expect([answer.statusCode, answer.headers["content-length"], answer.body]).toEqual([200, "10", ""]);
  });
});

describe("what is not there, or not for anybody", () => {
  test.each([
    "/repositories/test/nope",
    "/repositories/nope/",
    `/repositories/test/${DEB}/`,
    "/repositories/test/dists/.generations/1/InRelease",
    "/repositories/test/dists/.generations/",
    "/repositories/test/escape",
    "/repositories/test/loop",
    "/repositories/../secret",
    "/repositories/%2e%2e/secret",
    "/repositories/test/..%2f..%2fsecret",
    "/repositories/test/%2e%2e%2f%2e%2e%2fsecret",
    "/repositories//test/",
    "/repositories/test/a%00b",
    `/repositories/test/${"x".repeat(5000)}`,
  ])("%s", async (url) => {
    const answer = await get(url, { accept: "text/html" });
    expect(answer.statusCode).toBe(404);
    expect(answer.body).not.toContain("secret\n");
    expect(answer.body).not.toBe("secret");
  });
  test("is said in one plain line", async () => {
    const answer = await get("/repositories/test/nope", { accept: "text/html" });
    expect(answer.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(answer.body).toBe("/repositories/test/nope was not found.\n");
  });
  test("nothing is served as a type that a browser runs", async () => {
    const answer = await get("/repositories/test/pool/main/h/hello/evil.html");
    expect(answer.headers["content-type"]).toBe("application/octet-stream");
  });
});

describe("listings", () => {
  test("are sorted, without private names, with sizes and times", async () => {
    const answer = await get("/repositories/test/");
    const names = [...answer.body.matchAll(/<a href="\.\/[^"]*">([^<]+)<\/a>/g)].map(([, name]) => name);
    expect(names).toEqual(["dists/", "pool/"]);
    const pool = await get("/repositories/test/pool/main/h/hello/");
    expect(pool.body).toContain('href="./hello_2.10-3~test12%2B1_amd64.deb"');
    expect(pool.body).toContain("<td>10</td><td>2024-01-02 03:04:05</td>");
    expect((await get("/repositories/test/dists/")).body).not.toContain(".generations");
  });
  test("need the slash at the end", async () => {
    const answer = await get("/repositories/test/pool");
    expect([answer.statusCode, answer.headers.location]).toEqual([301, "/repositories/test/pool/"]);
  });
});

test("pages get parameters, query and who asks", async () => {
  const withPage = await createTestHttp({
    pages: [
      {
        path: "/builds/:id",
        render: async (request) => ({
          status: 202,
          html: `<p>${JSON.stringify(request)}</p>`,
          headers: { "x-a": "b" },
        }),
      },
    ],
  });
  const answer = await withPage.http.app.inject({
    url: "/builds/17?a=1&a=2",
    headers: { authorization: "Bearer staff-token" },
  });
  expect([answer.statusCode, answer.headers["x-a"]]).toEqual([202, "b"]);
  expect(JSON.parse(answer.body.slice(3, -4))).toEqual({
    params: { id: "17" },
    query: { a: "2" },
    principal: { level: "STAFF", kind: "token", name: "ci" },
    url: "/builds/17?a=1&a=2",
  });
  await withPage.close();
});

test("what a page loads has its own type and is not sent again while it is the same", async () => {
  const headers = {
    "content-type": "text/css; charset=utf-8",
    "cache-control": "public, immutable",
    etag: '"abc"',
  };
  const withAsset = await createTestHttp({
    pages: [{ path: "/assets/1/style.css", render: async () => ({ status: 200, html: "body{}", headers }) }],
  });
  const first = await withAsset.http.app.inject("/assets/1/style.css");
  expect(first.headers).toMatchObject(headers);
  const again = await withAsset.http.app.inject({
    url: "/assets/1/style.css",
    headers: { "if-none-match": '"xyz", W/"abc"' },
  });
  expect([again.statusCode, again.body]).toEqual([304, ""]);
  await withAsset.close();
});
