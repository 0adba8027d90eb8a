import { describe, expect, test } from "vitest";
import { select } from "./apt-proxy-conditions.ts";
import { routeOf } from "./apt-proxy-route.ts";
import { proxyFor } from "./apt-proxy-upstream.ts";

const ALLOWED = [
  "http://deb.example.org/debian/",
  "https://secure.example.org/debian",
  "http://h.example.org:8080/",
];
const OWN = "http://127.0.0.1:8066/repositories/";

describe("routes", () => {
  test.each([
    ["http://deb.example.org/debian/pool/main/h/hello_1%2b2_all.deb", true],
    [`http://deb.example.org/debian/dists/sid/main/by-hash/SHA256/${"ab".repeat(32)}`, true],
    ["http://deb.example.org/debian/dists/sid/main/by-hash/SHA256/index", false],
    ["http://deb.example.org/debian/dists/sid/InRelease", false],
    ["http://DEB.example.org:80/debian/dists/sid/InRelease", false],
    ["http://h.example.org:8080/dists/sid/InRelease", false],
  ])("%s (immutable: %s)", (target, immutable) => {
    expect(routeOf(target, ALLOWED, OWN)).toMatchObject({ kind: "archive", immutable });
  });

  test("an archive configured with https is asked by https", () => {
    const route = routeOf("http://secure.example.org/debian/dists/x/Release", ALLOWED, OWN);

    expect(route).toMatchObject({ url: new URL("https://secure.example.org/debian/dists/x/Release") });
  });

  test("own repositories", () => {
    expect(routeOf(`${OWN}test/dists/x/InRelease`, ALLOWED, OWN)).toMatchObject({ kind: "own" });
  });

  test.each([
    "/debian/dists/sid/InRelease",
    "http://deb.example.org/",
    "http://deb.example.org/debian",
    "http://deb.example.org/debian-security/x",
    "http://deb.example.org/debian/../secret",
    "http://deb.example.org/debian/%2e%2e/secret",
    "http://deb.example.org/debian/..%2fsecret",
    "http://deb.example.org/debian/..\\secret",
    "http://deb.example.org/debian//x",
    "http://deb.example.org:81/debian/x",
    "http://deb.example.org.evil.example/debian/x",
    "http://deb.example.org@evil.example/debian/x",
    "http://u:p@deb.example.org/debian/x",
    "http://deb.example.org/debian/x?y",
    "http://127.0.0.1:8066/api/",
    "http://169.254.169.254/latest/meta-data",
    "https://deb.example.org/debian/x",
    "ftp://deb.example.org/debian/x",
    "file:///etc/passwd",
    "*",
    "",
  ])("refused: %s", (target) => {
    expect(routeOf(target, ALLOWED, OWN)).toMatchObject({
      kind: "refused",
      reason: expect.stringMatching(/\.$/),
    });
  });
});

describe("conditions", () => {
  const file = { etag: '"abc"', lastModified: "Mon, 01 Jan 2024 00:00:00 GMT" };
  const later = "Tue, 02 Jan 2024 00:00:00 GMT";
  const before = "Sun, 31 Dec 2023 00:00:00 GMT";

  test.each([
    [{}, { status: 200 }],
    [{ "if-modified-since": file.lastModified }, { status: 304 }],
    [{ "if-modified-since": later }, { status: 304 }],
    [{ "if-modified-since": before }, { status: 200 }],
    [{ "if-modified-since": "rubbish" }, { status: 200 }],
    [{ "if-none-match": 'W/"abc", "x"' }, { status: 304 }],
    [{ "if-none-match": '"x"', "if-modified-since": later }, { status: 200 }],
    [{ range: "bytes=4-" }, { status: 206, start: 4, end: 9 }],
    [{ range: "bytes=2-3" }, { status: 206, start: 2, end: 3 }],
    [{ range: "bytes=2-300" }, { status: 206, start: 2, end: 9 }],
    [{ range: "bytes=-3" }, { status: 206, start: 7, end: 9 }],
    [{ range: "bytes=-30" }, { status: 206, start: 0, end: 9 }],
    [{ range: "bytes=10-" }, { status: 416 }],
    [{ range: "bytes=5-2" }, { status: 200 }],
    [{ range: "bytes=1-2,4-5" }, { status: 200 }],
    [{ range: "bytes=-" }, { status: 200 }],
    [
      { range: "bytes=4-", "if-range": file.lastModified },
      { status: 206, start: 4, end: 9 },
    ],
    [{ range: "bytes=4-", "if-range": before }, { status: 200 }],
    [
      { range: "bytes=4-", "if-range": '"abc"' },
      { status: 206, start: 4, end: 9 },
    ],
    [{ range: "bytes=4-", "if-range": '"other"' }, { status: 200 }],
  ])("%j → %j", (headers, selection) => {
    expect(select(headers, file, 10)).toEqual(selection);
  });

  test("no ranges of what has no known length", () => {
    expect(select({ range: "bytes=4-" }, file, undefined)).toEqual({ status: 200 });
  });
});

test.each([
  [{}, undefined],
  [{ http_proxy: "http://p:1" }, "http://p:1"],
  [{ http_proxy: "" }, undefined],
  [{ http_proxy: "http://p:1", no_proxy: "x, .example.org" }, undefined],
  [{ http_proxy: "http://p:1", NO_PROXY: "*" }, undefined],
  [{ http_proxy: "http://p:1", no_proxy: "ample.org" }, "http://p:1"],
])("the proxy of %j is %s", (environment, proxy) => {
  expect(proxyFor(new URL("http://deb.example.org/"), environment)).toBe(proxy);
});
