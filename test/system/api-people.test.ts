import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allCalls, type CallName } from "#api";
import { dumpDatabase, MAY_CHANGE, okCli, type PlainAnswer } from "#testing";
import { type ApiScene, createApiScene, secretOf, signIn } from "./api-scene.ts";
import { ROWS } from "./api-table.ts";

// Who may do what, and what is left to somebody who may no more.
let scene: ApiScene;
beforeAll(async () => {
  scene = await createApiScene();
});
afterAll(async () => await scene?.close());

type Headers = Readonly<Record<string, string>>;
type Fields = Readonly<Record<string, string>>;

function send(path: string, fields: Fields, headers: Headers, from?: string): Promise<PlainAnswer> {
  const body = new URLSearchParams(fields);
  return scene.client.ask({ method: "POST", path, headers, body, ...(from === undefined ? {} : { from }) });
}

/** Somebody of a level of their own, signed in. */
async function somebody(name: string, level: string) {
  const password = await secretOf(scene.instance, ["admin", "create", name, "--level", level]);
  const [row] = scene.instance.rows("SELECT id FROM user_account WHERE name = ?", name);
  const user = { name, password };
  return { ...user, id: Number(row?.id), headers: await signIn(scene.client, scene.instance.url, user) };
}

const adminSession = () => {
  const found = scene.callers.find(({ name }) => name === "ADMIN by session");
  if (found === undefined) throw new Error("nobody is signed in as an administrator");
  return found.headers;
};

/** Who a request is taken for: the level in the refusal of a call for administrators, or ADMIN. */
async function levelOf(headers: Headers): Promise<string> {
  const path = "/api/setup?output=json";
  const answer = await scene.client.ask({ method: "POST", path, headers, body: {} });
  const { code, detail } = answer.json() as { code: string; detail: string };
  if (code === "confirmation_missing") return "ADMIN";
  if (code === "unauthenticated") return "NONE";
  return code === "forbidden" ? (/yours is (\w+)/.exec(detail)?.[1] ?? detail) : code;
}

/** A token that the user makes on the own page. */
async function makeToken(headers: Headers, name: string, level: string): Promise<PlainAnswer> {
  return await send("/account/tokens", { name, level, days: "" }, headers);
}

function tokenIn(page: PlainAnswer): Headers {
  const secret = /\bmbd_[A-Za-z0-9_-]{20,}/.exec(page.text)?.[0];
  expect(secret, page.text.slice(0, 2000)).toBeDefined();
  return { authorization: `Bearer ${secret}` };
}

describe("a page of another site", () => {
  const FORMS = [
    ...[
      "/account/sign-out",
      "/account/tokens",
      "/account/password",
      "/account/key",
      "/account/subscriptions",
    ],
    ...["/account/sessions/revoke", "/account/tokens/1/revoke", "/account/sign-in", "/account/register"],
    ...["/account/forgot", "/account/reset", "/account/confirm", "/users/1/level", "/users/1/off"],
    ...[
      "/users/1/activate",
      "/users/1/rights",
      "/users/1/rights/take",
      "/users/1/reset-link",
      "/users/1/key/activate",
    ],
  ];
  const calls = allCalls().filter((call) => call.changes);

  /** Headers of a browser that was led to send something; its cookie comes along by itself. */
  const led = (url: string): [string, Headers][] => [
    ["another origin", { origin: "https://evil.example" }],
    ["the same host, another port", { origin: "http://127.0.0.1:1" }],
    ["a sandboxed frame", { origin: "null" }],
    ["a cross-site form", { "sec-fetch-site": "cross-site" }],
    ["a cross-site form that names our origin", { "sec-fetch-site": "cross-site", origin: url }],
    ["a neighbour of our site", { "sec-fetch-site": "same-site", origin: url }],
    ["its own name with our address", { origin: "http://evil.example", host: "evil.example" }],
    ["its own name, as same origin", { "sec-fetch-site": "same-origin", host: "evil.example:8066" }],
  ];

  test("changes nothing, whichever way it goes about it", async () => {
    const { cookie = "" } = adminSession();
    const file = join(scene.instance.home, "mini-buildd.sqlite");
    const before = dumpDatabase(file, MAY_CHANGE);

    // A cookie that comes with nothing that says from where is what an old browser sends for any page.
    for (const [how, headers] of [
      ...led(scene.instance.url),
      ["nothing that says from where", {}] as const,
    ]) {
      for (const path of FORMS) {
        const answer = await send(path, { level: "LOGIN", name: "x", password: "y" }, { cookie, ...headers });
        expect(answer.status, `${how}: ${path} ${answer.text.slice(0, 300)}`).toBe(403);
      }
      for (const { name } of calls) {
        const body = { ...ROWS[name as CallName].given(scene.things), confirm: name };
        const path = `/api/${name}?output=json`;
        const answer = await scene.client.ask({
          method: "POST",
          path,
          body,
          headers: { cookie, ...headers },
        });
        expect([answer.status, answer.json()], `${how}: ${name}`).toMatchObject([
          403,
          { code: "cross_site" },
        ]);
      }
    }

    expect(dumpDatabase(file, MAY_CHANGE)).toEqual(before);
  });

  test("cannot use a token or a password either", async () => {
    for (const caller of scene.callers.filter(
      ({ level, name }) => level === "ADMIN" && !/session/.test(name),
    )) {
      for (const [how, headers] of led(scene.instance.url)) {
        const answer = await send(
          "/api/setup?output=json",
          { confirm: "setup" },
          { ...caller.headers, ...headers },
        );
        expect([answer.status, answer.json()], how).toMatchObject([403, { code: "cross_site" }]);
      }
    }
  });

  test("our own page may", async () => {
    const headers = adminSession();
    for (const own of [headers, { ...headers, "sec-fetch-site": "same-origin" }])
      expect(await levelOf(own)).toBe("ADMIN");
  });
});

describe("a token", () => {
  test("has no higher level than its owner", async () => {
    const staff = await somebody("token-staff", "STAFF");

    const refused = await makeToken(staff.headers, "too-much", "ADMIN");
    const made = await makeToken(staff.headers, "enough", "LOGIN");

    expect(refused.status).toBe(403);
    expect(refused.text).not.toMatch(/\bmbd_/);
    expect(await levelOf(tokenIn(made))).toBe("LOGIN");
  });

  test("loses what its owner loses, and works no more when the owner is gone", async () => {
    const owner = await somebody("token-owner", "ADMIN");
    const token = tokenIn(await makeToken(owner.headers, "strong", "ADMIN"));
    expect(await levelOf(token)).toBe("ADMIN");

    expect((await send(`/users/${owner.id}/level`, { level: "STAFF" }, adminSession())).status).toBe(303);
    expect([await levelOf(token), await levelOf(owner.headers)]).toEqual(["STAFF", "STAFF"]);

    expect((await send(`/users/${owner.id}/off`, {}, adminSession())).status).toBe(303);
    expect([await levelOf(token), await levelOf(owner.headers)]).toEqual(["bad_credentials", "NONE"]);
  });

  test("that is revoked is dead, its sisters are not", async () => {
    const owner = await somebody("token-two", "STAFF");
    const one = tokenIn(await makeToken(owner.headers, "one", "STAFF"));
    const two = tokenIn(await makeToken(owner.headers, "two", "STAFF"));
    const [row] = scene.instance.rows("SELECT id FROM api_token WHERE name = 'one'");

    await send(`/account/tokens/${String(row?.id)}/revoke`, {}, owner.headers);

    expect([await levelOf(one), await levelOf(two)]).toEqual(["bad_credentials", "STAFF"]);
  });

  test("of somebody else cannot be revoked", async () => {
    const [mallory, alice] = [await somebody("mallory", "STAFF"), await somebody("alice", "STAFF")];
    const token = tokenIn(await makeToken(alice.headers, "hers", "STAFF"));
    const [row] = scene.instance.rows("SELECT id FROM api_token WHERE name = 'hers'");

    const answer = await send(`/account/tokens/${String(row?.id)}/revoke`, {}, mallory.headers);

    expect(answer.status).toBe(404);
    expect(await levelOf(token)).toBe("STAFF");
  });
});

describe("a session", () => {
  test("that signed out is dead, and others of the user live on", async () => {
    const user = await somebody("session-out", "STAFF");
    const other = await signIn(scene.client, scene.instance.url, user);

    await send("/account/sign-out", {}, user.headers);

    expect([await levelOf(user.headers), await levelOf(other)]).toEqual(["NONE", "STAFF"]);
  });

  test("that another one ended is dead", async () => {
    const user = await somebody("session-ended", "STAFF");
    const other = await signIn(scene.client, scene.instance.url, user);

    await send("/account/sessions/revoke", {}, other);

    expect([await levelOf(user.headers), await levelOf(other)]).toEqual(["NONE", "STAFF"]);
  });

  test("does not outlive a new password, and the old password is dead, too", async () => {
    const user = await somebody("session-password", "STAFF");
    const other = await signIn(scene.client, scene.instance.url, user);
    const basic = (password: string) => ({
      authorization: `Basic ${Buffer.from(`${user.name}:${password}`).toString("base64")}`,
    });
    expect(await levelOf(basic(user.password))).toBe("STAFF");

    const fresh = "another correct horse";
    await send("/account/password", { old: user.password, password: fresh, repeat: fresh }, user.headers);

    expect([await levelOf(user.headers), await levelOf(other)]).toEqual(["STAFF", "NONE"]);
    expect([await levelOf(basic(user.password)), await levelOf(basic(fresh))]).toEqual([
      "bad_credentials",
      "STAFF",
    ]);
  });

  test("does not outlive the administrator's new password for the user", async () => {
    const user = await somebody("session-admin", "STAFF");

    await okCli(scene.instance.cli(["admin", "create", user.name, "--level", "STAFF"]));

    expect(await levelOf(user.headers)).toBe("NONE");
  });
});

describe("somebody who is locked out by wrong passwords", () => {
  /** Of its own, so that the address is not refused for the account's sake, nor others for this one's. */
  const FROM = "127.0.0.77";
  const ATTEMPTS = 10;

  test("is refused with the right one, and gets in again by a reset link, from anywhere", async () => {
    const user = await somebody("locked", "STAFF");
    const attempt = (password: string, from: string) =>
      send("/account/sign-in", { name: user.name, password }, { origin: scene.instance.url }, from);
    for (let n = 0; n < ATTEMPTS; n += 1) expect((await attempt("wrong", FROM)).status).toBe(401);
    const locked = await attempt(user.password, FROM);
    expect([locked.status, locked.headers["set-cookie"]]).toEqual([429, undefined]);
    expect(Number(locked.headers["retry-after"])).toBeGreaterThan(0);
    // Who is signed in stays so, and who comes from elsewhere may: others must not be able to throw somebody out.
    expect(await levelOf(user.headers)).toBe("STAFF");
    expect((await attempt(user.password, "127.0.0.78")).status).toBe(303);

    const page = await send(`/users/${user.id}/reset-link`, {}, adminSession());
    const secret = /\/account\/reset\?secret=([A-Za-z0-9_%-]+)/.exec(page.text)?.[1] ?? "";
    const fresh = "the horse is back";
    const reset = await send(
      `/account/reset?secret=${secret}`,
      { password: fresh, repeat: fresh },
      { origin: scene.instance.url },
    );

    expect(reset.status, reset.text.slice(0, 500)).toBe(303);
    expect(await levelOf(user.headers)).toBe("NONE");
    expect((await attempt(fresh, FROM)).status).toBe(303);
    expect((await attempt(user.password, "127.0.0.78")).status).toBe(401);
    const again = await send(
      `/account/reset?secret=${secret}`,
      { password: "a third horse comes", repeat: "a third horse comes" },
      { origin: scene.instance.url },
    );
    expect(again.status).toBeGreaterThanOrEqual(400);
  });
});
