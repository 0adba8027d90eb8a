import type { FastifyRequest } from "fastify";
import { describe, expect, test } from "vitest";
import { refuseCrossSite } from "./security.ts";

const HOST = "build.example.org:8066";
const OWN = "http://build.example.org:8066";
const COOKIE = { cookie: "mini-buildd-8066=secret" };

function isRefused(headers: Record<string, string>, method = "POST"): boolean {
  try {
    refuseCrossSite({ method, headers: { host: HOST, ...headers } } as unknown as FastifyRequest, [
      "build.example.org",
    ]);
    return false;
  } catch {
    return true;
  }
}

describe("a change with a cookie", () => {
  test.each([
    ["the origin", { origin: OWN }],
    ["Sec-Fetch-Site", { "sec-fetch-site": "same-origin" }],
    ["both", { origin: OWN, "sec-fetch-site": "same-origin" }],
  ])("is done when %s proves the same site", (_what, headers) => {
    expect(isRefused({ ...COOKIE, ...headers })).toBe(false);
  });

  test.each([
    ["nothing", {}],
    ["an address typed in", { "sec-fetch-site": "none" }],
    ["a neighbour of the domain", { "sec-fetch-site": "same-site" }],
    ["another site", { "sec-fetch-site": "cross-site" }],
    ["another site that claims our origin", { origin: OWN, "sec-fetch-site": "cross-site" }],
    ["another origin", { origin: "http://evil.example" }],
    ["another port", { origin: "http://build.example.org:9000" }],
    ["a hidden origin", { origin: "null" }],
    ["a name with our address", { origin: "http://evil.example", host: "evil.example" }],
    ["such a name, same-origin to the browser", { "sec-fetch-site": "same-origin", host: "evil.example" }],
  ])("is refused with %s", (_what, headers) => {
    expect(isRefused({ ...COOKIE, ...headers })).toBe(true);
  });

  test("is a change by any other method, too, and reading is free", () => {
    expect(["PUT", "DELETE", "PATCH"].map((method) => isRefused(COOKIE, method))).toEqual([true, true, true]);
    expect(["GET", "HEAD"].map((method) => isRefused(COOKIE, method))).toEqual([false, false]);
  });
});

test("programs name no origin: without a cookie, or with credentials of their own, they need none", () => {
  expect(isRefused({})).toBe(false);
  expect(isRefused({ ...COOKIE, authorization: "Bearer mbd_x" })).toBe(false);
});

test("credentials of their own do not help a page of another site", () => {
  expect(isRefused({ authorization: "Bearer mbd_x", origin: "http://evil.example" })).toBe(true);
});
