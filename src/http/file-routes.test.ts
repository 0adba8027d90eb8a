import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
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
  mkdirSync(join(root, "hidden"));
  writeFileSync(join(root, "hidden/.git"), "secret");
  writeFileSync(join(root, "pool/unfinished.deb.1.abc.new"), "secret");
  execFileSync("mkfifo", [join(root, "pool/fifo")]);
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
  test("several ranges at once are answered with the whole (RFC 9110 14.2 allows it)", async () => {
    const answer = await get(`/repositories/test/${DEB}`, { range: "bytes=0-1,4-5" });
    expect([answer.statusCode, answer.body]).toEqual([200, "0123456789"]);
  });
  test.each([
    ["bytes=2-4", 206, "234", "bytes 2-4/10"],
    ["bytes=-3", 206, "789", "bytes 7-9/10"],
    ["bytes=8-100", 206, "89", "bytes 8-9/10"],
    ["lines=1-2", 200, "0123456789", undefined],
  ])("range %s", async (range, status, body, shown) => {
    const answer = await get(`/repositories/test/${DEB}`, { range });
    expect([answer.statusCode, answer.body, answer.headers["content-range"]]).toEqual([status, body, shown]);
  });
  test.each(["bytes=4-2", "bytes=x", "bytes="])("what is no range, %s, is refused", async (range) => {
    const answer = await get(`/repositories/test/${DEB}`, { range });
    expect([answer.statusCode, answer.headers["content-range"]]).toEqual([416, "bytes */10"]);
  });
  test.each([
    ["a later date than the file's", "Wed, 03 Jan 2024 00:00:00 GMT"],
    ["a weak entity tag, even the right one", "etag"],
    ["nothing sensible", "yesterday"],
  ])("If-Range with %s proves nothing: the whole file", async (_, condition) => {
    const { headers } = await get(`/repositories/test/${DEB}`);
    const given = condition === "etag" ? String(headers.etag) : condition;
    const answer = await get(`/repositories/test/${DEB}`, { range: "bytes=4-", "if-range": given });
    expect([answer.statusCode, answer.body]).toEqual([200, "0123456789"]);
  });
  test("If-None-Match decides before If-Modified-Since; of several tags one is enough", async () => {
    const { headers } = await get(`/repositories/test/${DEB}`);
    const since = { "if-modified-since": String(headers["last-modified"]) };
    expect(
      (await get(`/repositories/test/${DEB}`, { ...since, "if-none-match": '"other"' })).statusCode,
    ).toBe(200);
    const some = await get(`/repositories/test/${DEB}`, { "if-none-match": `"other", ${headers.etag}` });
    expect([some.statusCode, some.headers.etag, some.headers["cache-control"]]).toEqual([
      304,
      headers.etag,
      headers["cache-control"],
    ]);
    expect((await get(`/repositories/test/${DEB}`, { "if-none-match": "*" })).statusCode).toBe(304);
  });
  test("a file that changes gets another tag and another date", async () => {
    const path = "/repositories/test/dists/bookworm-test-unstable/InRelease";
    const file = join(server.dir, "repositories/test/dists/.generations/1/InRelease");
    utimesSync(file, new Date("2024-01-02T03:04:05Z"), new Date("2024-01-02T03:04:05Z"));
    const first = await get(path);
    utimesSync(file, new Date("2024-01-02T03:04:06Z"), new Date("2024-01-02T03:04:06Z"));
    const again = await get(path, { "if-modified-since": String(first.headers["last-modified"]) });
    expect(again.statusCode).toBe(200);
    expect(again.headers.etag).not.toBe(first.headers.etag);
  });
  test("a precondition that fails", async () => {
    const answer = await get(`/repositories/test/${DEB}`, { "if-match": '"other"' });
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([412, "text/plain; charset=utf-8"]);
  });
  test.each([
    ["Packages.gz", "application/gzip"],
    ["Packages.xz", "application/x-xz"],
    ["Packages", "text/plain; charset=utf-8"],
    ["Contents-amd64.gz", "application/gzip"],
    ["Release.gpg", "application/pgp-signature"],
    ["a_1.dsc", "text/plain; charset=utf-8"],
    ["a_1.udeb", "application/vnd.debian.binary-package"],
    ["a_1.tar.zst", "application/octet-stream"],
    ["page.xhtml", "application/octet-stream"],
    ["image.svg", "application/octet-stream"],
  ])("%s is %s, and never unpacked on the way", async (name, type) => {
    writeFileSync(join(server.dir, "repositories/test/dists/.generations/1", name), "x");
    const answer = await get(`/repositories/test/dists/bookworm-test-unstable/${name}`, {
      "accept-encoding": "gzip, br",
    });
    expect([answer.statusCode, answer.headers["content-type"], answer.body]).toEqual([200, type, "x"]);
    expect(answer.headers["content-encoding"]).toBeUndefined();
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
  });
  test("names with everything that a file name may have", async () => {
    const name = "a%b&c=d;e+f~g@h,i!j'k(l)[m] n#o?p\u00e9.deb";
    writeFileSync(join(server.dir, "repositories/test/pool", name), "odd");
    const answer = await get(`/repositories/test/pool/${encodeURIComponent(name)}`);
    expect([answer.statusCode, answer.body]).toEqual([200, "odd"]);
    const list = await get("/repositories/test/pool/");
    expect(list.body).toContain(`href="./${encodeURIComponent(name).replaceAll("'", "&#39;")}"`);
  });
  test("a name of 255 bytes", async () => {
    const name = `${"n".repeat(251)}.deb`;
    writeFileSync(join(server.dir, "repositories/test/pool", name), "long");
    expect((await get(`/repositories/test/pool/${name}`)).body).toBe("long");
  });
  test("HEAD", async () => {
    const answer = await get(`/repositories/test/${DEB}`, {}, "HEAD");
    expect([answer.statusCode, answer.headers["content-length"], answer.body]).toEqual([200, "10", ""]);
  });
});

describe("anything but reading", () => {
  test.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] as const)("%s is refused", async (method) => {
    for (const path of [DEB, "", "nope"]) {
      const answer = await server.http.app.inject({
        method,
        url: `/repositories/test/${path}`,
        headers: { "content-type": "application/x-unknown" },
        ...(method === "OPTIONS" ? {} : { payload: "x".repeat(100) }),
      });
      expect([answer.statusCode, answer.headers.allow]).toEqual([405, "GET, HEAD"]);
      expect(answer.headers["content-type"]).toBe("text/plain; charset=utf-8");
    }
    expect((await get(`/repositories/test/${DEB}`)).body).toBe("0123456789");
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
    "/repositories/test/dists/%2egenerations/1/InRelease",
    "/repositories/test/dists/bookworm-test-unstable/../.generations/1/InRelease",
    "/repositories/test/hidden/.git",
    "/repositories/test/pool/unfinished.deb.1.abc.new",
    "/repositories/test/pool/fifo",
    "/repositories/test/pool/..%5c..%5csecret",
    "/repositories/test/pool/%c0%ae%c0%ae/secret",
    "/repositories/test/pool/%ff",
    "/repositories/test/pool/%",
    "/repositories/test/pool%2fmain%2f%2fh",
    "/repositories/../secret",
    "/repositories/%2e%2e/secret",
    "/repositories/test/..%2f..%2fsecret",
    "/repositories/test/%2e%2e%2f%2e%2e%2fsecret",
    "/repositories//test/",
    "/repositories/test/a%00b",
    `/repositories/test/${"x".repeat(5000)}`,
  ])("%s", async (url) => {
    const answer = await get(url, { accept: "text/html" });
    // What is no address at all (RFC 3986 2.1) is said to be that.
    expect([400, 404]).toContain(answer.statusCode);
    expect(answer.statusCode).toBe(/%(?:ff|c0|$)/.test(url) ? 400 : 404);
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
    expect(names).toEqual(["dists/", "hidden/", "pool/"]);
    const pool = await get("/repositories/test/pool/main/h/hello/");
    expect(pool.body).toContain('href="./hello_2.10-3~test12%2B1_amd64.deb"');
    expect(pool.body).toContain("<td>10</td><td>2024-01-02 03:04:05</td>");
    expect((await get("/repositories/test/dists/")).body).not.toContain(".generations");
  });
  test("have no script, and names in them are text", async () => {
    const name = '<img src=x onerror="alert(1)">&';
    writeFileSync(join(server.dir, "repositories/test/pool", name), "");
    const { body, headers } = await get("/repositories/test/pool/");
    expect(body).not.toContain("<img");
    expect(body).not.toMatch(/<script|javascript:|onerror="/);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(headers["content-security-policy"]).toContain("default-src 'self'");
  });
  test("leave out links to other places, and show links to private ones by their own name", async () => {
    const { body } = await get("/repositories/test/");
    expect(body).not.toMatch(/escape|loop/);
    expect((await get("/repositories/test/dists/")).body).toContain('href="./bookworm-test-unstable/"');
  });
  test("are answered to HEAD too", async () => {
    const answer = await get("/repositories/test/pool/", {}, "HEAD");
    expect([answer.statusCode, answer.body]).toEqual([200, ""]);
  });
  test("of a very large directory come in pages and do not hold up others", async () => {
    const dir = join(server.dir, "repositories/test/pool/main/l");
    mkdirSync(dir);
    const names = Array.from({ length: 50_000 }, (_, index) => `l${String(index).padStart(5, "0")}.deb`);
    for (const name of names) closeSync(openSync(join(dir, name), "w"));
    const delays = monitorEventLoopDelay({ resolution: 5 });
    delays.enable();
    const first = await get("/repositories/test/pool/main/l/");
    const last = await get("/repositories/test/pool/main/l/?page=50");
    delays.disable();
    const shown = (body: string) =>
      [...body.matchAll(/<a href="\.\/([^"]+)"/g)].map(([, name]) => name ?? "");
    expect(shown(first.body)).toEqual(names.slice(0, 1000));
    expect(shown(last.body)).toEqual(names.slice(49_000));
    expect(first.body).toContain('<a href="?page=2" rel="next">');
    expect(last.body).not.toContain('rel="next"');
    for (const page of ["0", "-1", "x", "51", "1e9", "1&page=2"]) {
      const answer = await get(`/repositories/test/pool/main/l/?page=${page}`);
      expect([answer.statusCode, shown(answer.body).length]).toEqual([200, 1000]);
    }
    expect(delays.max / 1e6).toBeLessThan(500);
  }, 60_000);
  test("need the slash at the end", async () => {
    const answer = await get("/repositories/test/pool");
    expect([answer.statusCode, answer.headers.location]).toEqual([301, "/repositories/test/pool/"]);
  });
});

describe("earlier moments", () => {
  const asked: string[] = [];
  async function withMoments(use: (at: (path: string) => ReturnType<typeof get>) => Promise<void>) {
    const other = await createTestHttp({
      moments: async (repository: string, timestamp: string, distribution: string) => {
        asked.push(`${repository} ${timestamp} ${distribution}`);
        return timestamp.startsWith("2024") ? join(other.dir, "moment") : undefined;
      },
    });
    const root = join(other.dir, "repositories/test");
    mkdirSync(join(root, "pool/main"), { recursive: true });
    mkdirSync(join(root, "dists/bookworm-test-unstable"), { recursive: true });
    writeFileSync(join(root, "pool/main/a.deb"), "deb");
    mkdirSync(join(other.dir, "moment/main/by-hash"), { recursive: true });
    writeFileSync(join(other.dir, "moment/InRelease"), "then");
    writeFileSync(join(other.dir, "moment/main/by-hash/abc"), "index");
    symlinkSync("../secret", join(other.dir, "moment/escape"));
    writeFileSync(join(other.dir, "secret"), "secret");
    try {
      await use((path) => other.http.app.inject(`/repositories/test/snapshots/${path}`));
    } finally {
      await other.close();
    }
  }
  test("are served with the pool, and made for distributions that are there only", async () => {
    await withMoments(async (at) => {
      const dist = "20240102T030405Z/dists/bookworm-test-unstable";
      const inRelease = await at(`${dist}/InRelease`);
      expect([inRelease.statusCode, inRelease.body]).toEqual([200, "then"]);
      expect(inRelease.headers["cache-control"]).toBe("public, max-age=0, must-revalidate");
      expect((await at(`${dist}/main/by-hash/abc`)).headers["cache-control"]).toContain("immutable");
      expect((await at(`${dist}/`)).body).toContain('href="./InRelease"');
      expect((await at("20240102T030405Z/pool/main/a.deb")).body).toBe("deb");
      expect(asked).toEqual(Array(3).fill("test 20240102T030405Z bookworm-test-unstable"));
      const none = [
        "20230102T030405Z/dists/bookworm-test-unstable/InRelease",
        "20240102T030405Z/dists/nope/InRelease",
        "20240102T030405Z/dists/bookworm-test-unstable/escape",
        "20240102T030405Z/dists/bookworm-test-unstable/../../../secret",
        "20240102T030405Z/dists/../InRelease",
        "20240102T030405Z/dists/.x/InRelease",
        "2024/dists/bookworm-test-unstable/InRelease",
      ];
      for (const path of none) expect((await at(path)).statusCode).toBe(404);
      expect(asked.filter((each) => !each.endsWith("bookworm-test-unstable"))).toEqual([]);
    });
  });
});
