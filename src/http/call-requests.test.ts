import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AuditEntry, createInvoker, type Handlers } from "#api";
import { createFakeInstance, createHandlers } from "#api/handlers";
import { createTestHttp, type TestHttp } from "./testing.ts";

const jane = { authorization: `Basic ${Buffer.from("jane:secret").toString("base64")}` };
const browser = { accept: "text/html" };
const form = { "content-type": "application/x-www-form-urlencoded" };

let server: TestHttp;
let audit: AuditEntry[];
let subscribed: string[];
beforeEach(async () => {
  const instance = createFakeInstance();
  audit = [];
  subscribed = [];
  const subscribe: Handlers["subscribe"] = {
    async run(values) {
      subscribed.push(values.package);
      return subscribed.map((name) => ({ package: name, distribution: "" }));
    },
  };
  const echo: Handlers["handshake"] = { run: async ({ message }) => message };
  const invoker = createInvoker({
    handlers: { ...createHandlers(instance.deps), subscribe, handshake: echo },
    known: instance.invoker.known,
    running: () => true,
    audit: (entry) => void audit.push(entry),
  });
  server = await createTestHttp({ invoker });
});
afterEach(async () => await server.close());

type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

function ask(method: Method, url: string, headers: Record<string, string> = {}, payload?: object | string) {
  return server.http.app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
}

describe("a call that changes something without being confirmed", () => {
  test.each([
    ["plain", {}],
    ["json", { accept: "application/json" }],
  ])("is refused by GET with the right way to do it (%s)", async (_output, headers) => {
    const answer = await ask("GET", "/api/subscribe?package=hello", { ...jane, ...headers });

    expect([answer.statusCode, answer.headers.allow]).toEqual([405, "POST"]);
    expect(answer.json()).toMatchObject({ code: "method_not_allowed", hint: "POST /api/subscribe." });
    expect(subscribed).toEqual([]);
  });
  test("shows its form to a browser, with what was given", async () => {
    const answer = await ask("GET", "/api/subscribe?package=hello&form=sent", { ...jane, ...browser });

    expect([answer.statusCode, subscribed]).toEqual([200, []]);
    expect(answer.body).toContain('class="form"');
    expect(answer.body).toContain("hello");
  });
  test("runs by POST, and that is recorded", async () => {
    const answer = await ask("POST", "/api/subscribe?output=json", jane, { package: "hello" });

    expect(answer.json()).toEqual([{ package: "hello", distribution: "" }]);
    expect(audit).toMatchObject([{ call: "subscribe", outcome: "done", principal: { name: "jane" } }]);
  });
  test("is refused by the original's address", async () => {
    const answer = await ask("GET", "/mini_buildd/api/?call=subscribe&package=hello", jane);

    expect([answer.statusCode, answer.headers.allow, subscribed]).toEqual([405, "POST", []]);
  });
});

describe("POST of a call that changes nothing", () => {
  test("works as GET does, but is not kept anywhere", async () => {
    const posted = await ask("POST", "/api/ls?output=json", form, "source=hello");
    const got = await ask("GET", "/api/ls?output=json&source=hello");

    expect(posted.json()).toEqual(got.json());
    expect([posted.headers["cache-control"], posted.headers.etag]).toEqual(["no-store", undefined]);
  });
  test("takes arguments that are longer than an address", async () => {
    const message = `${"line of a message\n".repeat(5000)}end`;

    const answer = await ask("POST", "/api/handshake?output=json", {}, { message });

    expect(answer.json()).toBe(message);
  });
});

describe("a client that has the answer already", () => {
  test.each(["json", "plain"])("is told so by its tag (%s)", async (output) => {
    const url = `/api/ls?source=hello&output=${output}`;
    const first = await ask("GET", url);
    const etag = String(first.headers.etag);

    expect(etag).toMatch(/^"[A-Za-z0-9_-]{32}"$/);
    expect(first.headers["cache-control"]).toBe("no-cache");
    const again = await ask("GET", url, { "if-none-match": `"other", ${etag}` });
    expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, "", etag]);
    const other = await ask("GET", url, { "if-none-match": '"other"' });
    expect([other.statusCode, other.body]).toEqual([200, first.body]);
  });
  test("gets the new answer when it differs", async () => {
    const url = "/api/status?output=json";
    const before = await ask("GET", url);
    const changed = createFakeInstance();
    Object.assign(changed.deps.status, { load: async () => 0.9 });
    const other = await createTestHttp({ invoker: changed.invoker });

    const after = await other.http.app.inject({
      url,
      headers: { "if-none-match": String(before.headers.etag) },
    });

    expect(after.statusCode).toBe(200);
    await other.close();
  });
  test("who signs in keeps the answer to themselves", async () => {
    const answer = await ask("GET", "/api/status?output=json", jane);

    expect(answer.headers["cache-control"]).toBe("private, no-cache");
    expect(answer.headers.vary).toContain("authorization");
  });
});

describe("methods", () => {
  test("HEAD is GET without the body", async () => {
    for (const url of ["/api/status?output=json", "/api/", "/api/ls?output=html", "/api/openapi.json"]) {
      const head = await ask("HEAD", url);
      const got = await ask("GET", url);

      expect([head.statusCode, head.body], url).toEqual([got.statusCode, ""]);
      expect(head.headers["content-type"], url).toBe(got.headers["content-type"]);
      expect(head.headers.etag, url).toBe(got.headers.etag);
    }
    expect((await ask("HEAD", "/api/subscribe", jane)).statusCode).toBe(405);
  });
  test.each(["PUT", "PATCH", "DELETE"] as const)(
    "%s is refused, and says what may be used",
    async (method) => {
      const answer = await ask(method, "/api/status");

      expect([answer.statusCode, answer.headers.allow]).toEqual([405, "GET, HEAD, POST"]);
      expect(answer.json().hint).toBe("Use GET, HEAD or POST.");
    },
  );
});

describe("what is wrong with an argument", () => {
  test.each([
    ["/api/ls?source=../x", "source", undefined],
    ["/api/ls", "source", undefined],
    ["/api/ls?source=hello&repositories=nope", "repositories", ["test"]],
    ["/api/sources_list?format=xml", "format", ["deb822", "one-line"]],
  ])("%s names it and its choices", async (url, argument, choices) => {
    const answer = await ask("GET", url, { accept: "application/json" });

    expect(answer.json()).toMatchObject({ argument, ...(choices === undefined ? {} : { choices }) });
  });
  test("a person gets the form again, with the sentence", async () => {
    const answer = await ask("GET", "/api/sources_list?form=sent&format=xml&suites=unstable", browser);

    expect(answer.statusCode).toBe(400);
    expect(answer.body).toContain('class="form"');
    expect(answer.body).toMatch(/problem.*argument.*format.*/);
    expect(answer.body).toContain("unstable");
  });
  test("a server's own default may be named", async () => {
    const named = await ask("GET", "/api/ls?source=hello&repositories=%3Cserver_default%3E&output=json");
    const left = await ask("GET", "/api/ls?source=hello&output=json");

    expect(named.body).toBe(left.body);
  });
});

test("every answer has the id of its request, problems too", async () => {
  for (const url of ["/api/", "/api/status", "/api/nope", "/api/%zz", "/nope", "/api/ls", "/api/subscribe"]) {
    const answer = await ask("GET", url);
    const id = answer.headers["x-request-id"];

    expect(id, url).toMatch(/^[0-9a-f-]{36}$/);
    if (String(answer.headers["content-type"]).includes("problem"))
      expect(answer.json().request, url).toBe(id);
  }
});

test("a call that is not there yet says so in the index", async () => {
  const { calls } = (await ask("GET", "/api/?output=json")).json() as {
    calls: { name: string; available: boolean }[];
  };
  const { status, debdiff } = Object.fromEntries(calls.map((call) => [call.name, call.available]));

  const answer = await ask("GET", "/api/debdiff?source=hello&version_a=1&version_b=2");

  expect([status, debdiff]).toEqual([true, answer.statusCode !== 503]);
});
