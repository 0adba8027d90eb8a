import type { FastifyRequest } from "fastify";
import { describe, expect, test } from "vitest";
import { refuseCrossSite } from "./security.ts";

const HOST = "build.example.org:8066";
const OWN = "http://build.example.org:8066";
const COOKIE = { cookie: "mini-buildd-8066=secret" };

function isRefused(headers: Record<string, string>, method = "POST", url = OWN): boolean {
  try {
    const request = { method, headers: { host: HOST, ...headers } } as unknown as FastifyRequest;
    refuseCrossSite(request, { hostnames: ["build.example.org"], url });
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

describe("behind a proxy, by its public address", () => {
  const PUBLIC = "https://mini-buildd.example.net";
  const refused = (headers: Record<string, string>) => isRefused({ ...COOKIE, ...headers }, "POST", PUBLIC);

  test.each([
    ["as the browser sent it", { origin: PUBLIC, host: "mini-buildd.example.net" }],
    ["as the proxy calls us", { origin: PUBLIC, host: "127.0.0.1:8066" }],
    ["as a name that is not ours", { origin: PUBLIC, host: "inside:8066", "sec-fetch-site": "same-origin" }],
    ["past the proxy", { origin: OWN, host: HOST }],
    ["without an origin", { "sec-fetch-site": "same-origin", host: "mini-buildd.example.net" }],
  ])("a change is done with the host %s", (_what, headers) => {
    expect(refused(headers)).toBe(false);
  });

  test.each([
    ["by http, where anybody on the way may answer", { origin: "http://mini-buildd.example.net" }],
    ["on another port", { origin: "https://mini-buildd.example.net:8443" }],
    ["below ours", { origin: "https://evil.mini-buildd.example.net" }],
    ["of another site that claims ours", { origin: PUBLIC, "sec-fetch-site": "cross-site" }],
    ["of another name with our address", { origin: "http://evil.example", host: "evil.example" }],
  ])("a change is refused from a page %s", (_what, headers) => {
    expect(refused({ host: "mini-buildd.example.net", ...headers })).toBe(true);
  });
});
