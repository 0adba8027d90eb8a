import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestHttp, type TestHttp } from "./testing.ts";

const bkey = "hello/2.10-3~test12+1/20240102T030000Z/source";
const staff = { authorization: "Bearer staff-token" };
const browser = { accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8" };

let server: TestHttp;
beforeEach(async () => {
  server = await createTestHttp();
});
afterEach(async () => await server.close());

const get = (url: string, headers: Record<string, string> = {}) =>
  server.http.app.inject({ method: "GET", url, headers });

function post(url: string, payload: object | string, headers: Record<string, string> = {}) {
  const form = typeof payload === "string" ? { "content-type": "application/x-www-form-urlencoded" } : {};
  return server.http.app.inject({ method: "POST", url, payload, headers: { ...form, ...headers } });
}

/** What the page in this answer was given. */
function shownBy(body: string): unknown {
  const text = body.replace(/^<pre[^>]*>|<\/pre>$/g, "");
  return JSON.parse(
    text.replaceAll(/&#(\d+);/g, (_whole, code: string) => String.fromCharCode(Number(code))),
  );
}

describe("form of the answer", () => {
  test.each([
    ["/api/status", {}, "text/plain; charset=utf-8"],
    ["/api/status", { accept: "*/*" }, "text/plain; charset=utf-8"],
    ["/api/status", { accept: "application/json" }, "application/json; charset=utf-8"],
    ["/api/status", browser, "text/html; charset=utf-8"],
    ["/api/status?output=json", browser, "application/json; charset=utf-8"],
    ["/api/status?output=plain", { accept: "application/json" }, "text/plain; charset=utf-8"],
    ["/api/status?output=html", {}, "text/html; charset=utf-8"],
  ])("%s %o", async (url, headers, type) => {
    const answer = await get(url, headers);
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([200, type]);
  });
  test("plain text is the text itself; JSON is a JSON string", async () => {
    expect((await get("/api/pub_key")).body).toMatch(/^-----BEGIN PGP/);
    expect((await get("/api/pub_key?output=json")).json()).toMatch(/^-----BEGIN PGP/);
  });
  test("the index describes all calls, or the one that is asked for", async () => {
    const names = async (url: string) =>
      (await get(url)).json<{ calls: { name: string }[] }>().calls.map(({ name }) => name);
    expect(await names("/api/?output=json")).toEqual(expect.arrayContaining(["status", "migrate"]));
    expect(await names("/api/?output=json&call=migrate")).toEqual(["migrate"]);
    expect((await get("/api/?output=json&call=nope")).statusCode).toBe(404);
  });
  test("of a long list of choices the index has those that begin as one asks", async () => {
    const choices = async (begin: string) =>
      (await get(`/api/?output=json&call=ls&begin=${begin}`))
        .json<{ calls: { arguments: { name: string; choices: string[] }[] }[] }>()
        .calls[0]?.arguments.find(({ name }) => name === "source")?.choices;
    expect([await choices(""), await choices("zo")]).toEqual([["hello"], ["zoo"]]);
  });
  test("an unknown form is refused", async () => {
    expect((await get("/api/status?output=xml")).json()).toMatchObject({ status: 400, code: "bad_argument" });
  });
});

describe("problems (RFC 9457)", () => {
  test.each([
    ["/api/ls", 400, "missing_argument"],
    ["/api/ls?source=hello&nope=1", 400, "unknown_argument"],
    ["/api/ls?source=a&source=b", 400, "bad_argument"],
    ["/api/ls?source=hello&repositories=nope", 404, "unknown_repository"],
    ["/api/frobnicate", 404, "unknown_call"],
    ["/api/__proto__", 404, "unknown_call"],
    [`/api/cancel?bkey=${encodeURIComponent(bkey)}`, 401, "unauthenticated"],
  ])("%s", async (url, status, code) => {
    const answer = await get(url);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(answer.json()).toMatchObject({
      type: "about:blank",
      status,
      code,
      detail: expect.stringMatching(/\.$/),
    });
    expect(answer.json().request).toBe(answer.headers["x-request-id"]);
  });
  test("wrong credentials are 401 and ask again", async () => {
    const answer = await get("/api/status?output=json", { authorization: "Bearer wrong" });
    expect(answer.json()).toMatchObject({ status: 401, code: "bad_credentials" });
    expect(answer.headers["www-authenticate"]).toContain("Basic");
  });
  test("guessing credentials is stopped for a while; a token that is right goes on", async () => {
    let now = new Date("2024-01-02T03:04:05Z");
    const guarded = await createTestHttp({ clock: { now: () => now } });
    const ask = async (token: string, remoteAddress: string) =>
      (
        await guarded.http.app.inject({
          url: "/api/status",
          headers: { authorization: `Bearer ${token}` },
          remoteAddress,
        })
      ).statusCode;
    for (let count = 0; count < 20; count += 1) expect(await ask("wrong", "192.0.2.1")).toBe(401);
    expect(await ask("wrong", "192.0.2.1")).toBe(429);
    expect(await ask("wrong", "192.0.2.2")).toBe(401);
    expect(await ask("staff-token", "192.0.2.1")).toBe(200);
    now = new Date("2024-01-02T03:05:06Z");
    expect(await ask("wrong", "192.0.2.1")).toBe(401);
    await guarded.close();
  });
  test("a level too low is 403 and names both", async () => {
    const answer = await post("/api/setup", { confirm: "setup" }, staff);
    expect(answer.json()).toMatchObject({
      status: 403,
      detail: "Call 'setup' needs level ADMIN; yours is STAFF.",
    });
  });
  test("a fault inside shows an id, never where it was", async () => {
    server.instance.deps.ls.find = async () => await Promise.reject(new Error("secret /var/lib path"));
    const answer = await get("/api/ls?source=hello", browser);
    expect(answer.statusCode).toBe(500);
    expect(answer.body).toContain(String(answer.headers["x-request-id"]));
    expect(answer.body).not.toMatch(/secret|\.ts|at /);
  });
  test.each(["[1]", '"x"', "{", '{"bkey": {"a": 1}}'])("body %s is refused", async (payload) => {
    const answer = await post("/api/cancel", payload, { ...staff, "content-type": "application/json" });
    expect(answer.statusCode).toBe(400);
  });
});

describe("confirmation", () => {
  const url = `/api/cancel?bkey=${encodeURIComponent(bkey)}`;

  test("a GET never changes anything, even with confirm", async () => {
    const answer = await get(`${url}&confirm=cancel`, staff);
    expect(answer.json()).toMatchObject({
      status: 428,
      code: "confirmation_missing",
      plan: [expect.any(String)],
    });
    expect(server.instance.packagings.get(bkey)).toBe("FAILED");
  });
  test("a POST without it shows the plan", async () => {
    const answer = await post("/api/cancel", { bkey }, staff);
    expect(answer.json()).toMatchObject({ status: 428, plan: [expect.stringContaining(bkey)] });
    expect(server.instance.packagings.get(bkey)).toBe("FAILED");
  });
  test.each([
    ["JSON", { bkey, confirm: "cancel" }],
    ["form", new URLSearchParams({ bkey, confirm: "cancel" }).toString()],
  ])("a POST with it does it (%s)", async (_name, payload) => {
    const answer = await post("/api/cancel?output=json", payload, staff);
    expect(answer.json()).toEqual({ bkey, scope: "packaging", cancelled: [bkey] });
    expect(server.instance.packagings.get(bkey)).toBe("CANCELLED");
  });
  test("for a browser: form, then confirmation page, then the result", async () => {
    const form = await get("/api/cancel", { ...browser, ...staff });
    expect(form.body).toContain('class="form"');
    const confirm = await get(`${url}&output=html&form=sent`, { ...browser, ...staff });
    expect(confirm.body).toContain('class="confirm"');
    expect(shownBy(confirm.body)).toMatchObject({ given: { bkey }, plan: [expect.stringContaining(bkey)] });
    expect(server.instance.packagings.get(bkey)).toBe("FAILED");
    const sent = new URLSearchParams({ bkey, output: "html", confirm: "cancel" }).toString();
    const result = await post("/api/cancel", sent, { ...browser, ...staff });
    expect(result.statusCode).toBe(200);
    expect(shownBy(result.body)).toMatchObject({ result: { cancelled: [bkey] } });
    expect(server.instance.packagings.get(bkey)).toBe("CANCELLED");
  });
  test("what is done but not published yet is a success, told apart from others", async () => {
    const change = { source: "unpublished", distribution: "bookworm-test-unstable", confirm: "migrate" };

    const later = await post("/api/migrate?output=json", change, staff);
    const page = await post("/api/migrate?output=html", change, { ...staff, ...browser });
    const now = await post("/api/migrate", { ...change, source: "hello" }, staff);

    expect([later.statusCode, page.statusCode, now.statusCode]).toEqual([202, 202, 200]);
    expect(later.json()).toMatchObject({
      source: "unpublished",
      unpublished: [{ distribution: "bookworm-test-testing", reason: "no space is left" }],
    });
    expect(server.instance.audit.map(({ outcome }) => outcome)).toEqual(["done", "done", "done"]);
  });
  test("an engine that is stopped says when to try again", async () => {
    server.instance.engineRuns = false;
    const answer = await post("/api/cancel", { bkey, confirm: "cancel" }, staff);
    expect([answer.statusCode, answer.headers["retry-after"]]).toEqual([503, "30"]);
  });
});

describe("cross-site requests", () => {
  const payload = { bkey, confirm: "cancel" };
  test.each([
    ["another origin", { origin: "https://evil.example", host: "build.example.org:8066" }],
    ["a sandboxed page", { origin: "null", host: "build.example.org:8066" }],
    ["same site, not same origin", { "sec-fetch-site": "same-site", host: "build.example.org:8066" }],
    ["cross-site form", { "sec-fetch-site": "cross-site", host: "build.example.org:8066" }],
    ["another port of ours", { origin: "http://build.example.org:1", host: "build.example.org:8066" }],
    ["a foreign name with our address", { origin: "http://evil.example:8066", host: "evil.example:8066" }],
  ])("%s may change nothing", async (_name, headers) => {
    const answer = await post("/api/cancel", payload, { ...staff, ...headers });
    expect(answer.json()).toMatchObject({ status: 403, code: "cross_site" });
    expect(server.instance.packagings.get(bkey)).toBe("FAILED");
  });
  test.each([
    [
      "own page",
      {
        origin: "http://build.example.org:8066",
        "sec-fetch-site": "same-origin",
        host: "build.example.org:8066",
      },
    ],
    ["own page by address", { origin: "http://127.0.0.1:8066", host: "127.0.0.1:8066" }],
    ["own page by IPv6 address", { origin: "http://[::1]:8066", host: "[::1]:8066" }],
    ["typed by the user", { "sec-fetch-site": "none", host: "localhost:8066" }],
    ["no browser", { host: "anything" }],
  ])("%s may", async (_name, headers) => {
    expect((await post("/api/cancel", payload, { ...staff, ...headers })).statusCode).toBe(200);
  });
});

describe("hostile text", () => {
  test("is shown as text", async () => {
    server.instance.deps.ls.find = async () => [];
    const answer = await get(
      `/api/ls?output=html&source=${encodeURIComponent('"><script>alert(1)</script>')}`,
    );
    expect(answer.statusCode).toBe(400);
    expect(answer.body).not.toContain("<script>");
    const form = await get(
      `/api/ls?output=html&form=1&source=${encodeURIComponent('"><script>alert(1)</script>')}`,
    );
    expect(form.body).not.toContain("<script>");
  });
  test("strict headers on every answer", async () => {
    for (const url of ["/api/", "/api/nope", "/nope", "/repositories/"]) {
      const { headers } = await get(url, browser);
      expect(headers["content-security-policy"]).toMatch(/default-src 'self'.*frame-ancestors 'none'/);
      expect(headers["x-content-type-options"]).toBe("nosniff");
    }
  });
  test("an unreadable address is 400", async () => {
    expect((await get("/api/%zz")).statusCode).toBe(400);
  });
});

describe("the original's addresses", () => {
  test("answer the same for calls that change nothing", async () => {
    const original = await get("/mini_buildd/api/?call=ls&source=hello&output=json");
    expect(original.json()).toEqual((await get("/api/ls?source=hello&output=json")).json());
  });
  test("refuse the others with the right way to do it", async () => {
    const answer = await get(
      `/mini_buildd/api/?call=cancel&bkey=${encodeURIComponent(bkey)}&confirm=cancel`,
      staff,
    );
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe("POST");
    expect(answer.json().hint).toBe("POST /api/cancel with confirm=cancel.");
  });
});

test("the index lists all calls with their levels; JSON has arguments with choices", async () => {
  expect((await get("/api/", browser)).body).toContain('class="index"');
  const calls = (await get("/api/?output=json")).json().calls as { name: string; arguments: unknown[] }[];
  expect(calls.find((call) => call.name === "ls")?.arguments).toContainEqual(
    expect.objectContaining({ name: "repositories", default: "test", choices: ["test"] }),
  );
});

test("OpenAPI: GET for calls that change nothing, POST for the others, with result schemas", async () => {
  const api = (await get("/api/openapi.json")).json();
  expect(api.openapi).toBe("3.1.0");
  expect(Object.keys(api.paths["/api/status"])).toEqual(["get"]);
  expect(api.paths["/api/setup"].get.responses["200"]).toBeUndefined();
  expect(api.paths["/api/setup"].post.responses["200"]).toBeDefined();
  const schema = api.paths["/api/status"].get.responses["200"].content["application/json"].schema;
  expect(schema.required).toContain("incoming_url");
});

describe("administrator's routes", () => {
  const request = { method: "POST" as const, url: "/admin/token", payload: { name: "ci", level: "STAFF" } };
  test("exist on the socket only", async () => {
    const headers = { authorization: "Bearer admin-token" };
    expect((await server.http.app.inject({ ...request, headers })).statusCode).toBe(404);
    expect((await server.http.local.inject(request)).json()).toEqual({ secret: "mbd_secret" });
    expect(server.admin.done).toEqual(["token ci STAFF"]);
  });
  test("handle web hooks", async () => {
    const hook = { types: ["FAILED"], distributions: [], sources: [], allowedHosts: [] };
    const post = async (what: string, payload: object) =>
      (await server.http.local.inject({ method: "POST", url: `/admin/hook/${what}`, payload })).json();

    expect(await post("add", { name: "ci", url: "https://ci/", ...hook })).toEqual({ secret: "made" });
    expect(await post("list", {})).toEqual({ hooks: [] });
    expect(await post("test", { name: "ci" })).toEqual({});
    expect(await post("remove", { name: "ci" })).toEqual({});
    expect(await post("add", { name: "ci" })).toMatchObject({ code: "bad_argument" });

    expect(server.admin.done).toEqual(["add hook ci https://ci/", "test hook ci", "remove hook ci"]);
    const outside = await server.http.app.inject({ method: "POST", url: "/admin/hook/list" });
    expect(outside.statusCode).toBe(404);
  });
  test("check what they are given", async () => {
    const answer = await server.http.local.inject({ ...request, payload: { name: "ci", level: "NONE" } });
    expect(answer.json()).toMatchObject({ status: 400, code: "bad_argument" });
  });
  test("whoever reaches the socket is the administrator", async () => {
    const answer = await server.http.local.inject({
      method: "POST",
      url: "/api/setup?output=json",
      payload: { repositories: "acme/default", confirm: "setup" },
    });
    expect(answer.statusCode).toBe(200);
    expect(server.instance.repositories).toContain("acme");
    expect(server.instance.audit).toMatchObject([{ call: "setup", principal: { kind: "local" } }]);
  });
});
