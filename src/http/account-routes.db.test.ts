import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Accounts, createAccounts } from "#accounts";
import { type Database, openTestDatabase } from "#db";
import { createTestGpg, readKeys, type TestGpg } from "#keys";
import { exec } from "#platform";
import { createTestHttp, type TestHttp } from "./testing.ts";

/** Pages that show as text what they are given; the real ones are in `#web`. */
const PAGES = ["/account/", "/account/sign-in", "/account/register", "/account/confirm", "/account/forgot"];
const pages = [...PAGES, "/account/reset", "/users/:id"].map((path) => ({
  path,
  render: async (request: object) => ({ status: 200, html: JSON.stringify(request) }),
}));

const PASSWORD = "correct horse battery";
const OWN = { origin: "http://build.example.org:8066", host: "build.example.org:8066" };

let gpg: TestGpg;
let armoured: string;
let fingerprint: string;
let db: Database;
let accounts: Accounts;
let server: TestHttp;
let now: Date;
const mails: { to: string; body: string }[] = [];

beforeAll(async () => {
  gpg = createTestGpg();
  fingerprint = await gpg.makeKey("Jane");
  armoured = await gpg.gpg(["--armor", "--export", fingerprint]);
});
afterAll(() => gpg.close());

beforeEach(async () => {
  db = await openTestDatabase();
  now = new Date("2026-03-05T12:00:00Z");
  await start({});
});
afterEach(async () => {
  await server.close();
  await db.close();
});

async function start(options: { mail?: boolean }): Promise<void> {
  mails.length = 0;
  accounts = createAccounts({
    db,
    clock: { now: () => now },
    url: async () => "http://build.example.org:8066",
    readKeys: (bytes) => readKeys(bytes, exec),
    ...(options.mail === true ? { mail: async (_tx: unknown, mail) => void mails.push(mail) } : {}),
  });
  server = await createTestHttp({ accounts, people: accounts, pages, clock: { now: () => now } });
}

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

type More = Readonly<Record<string, string | number>>;

async function post(url: string, fields: Record<string, string | string[]> = {}, more: More = {}) {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) for (const item of [value].flat()) body.append(name, item);
  const headers = { "content-type": "application/x-www-form-urlencoded", ...more };
  return await ask("POST", url, headers, body.toString());
}

const get = (url: string, more: More = {}) => ask("GET", url, more);

/** `id` of users, who are given whole, is no header. */
async function ask(method: "GET" | "POST", url: string, { id: _, ...headers }: More, payload?: string): Promise<Answer> {
  const answer = await server.http.app.inject({
    method,
    url,
    headers: { accept: "text/html", ...OWN, ...headers },
    ...(payload === undefined ? {} : { payload }),
  });
  return {
    status: answer.statusCode,
    location: answer.headers.location,
    body: answer.body,
    headers: answer.headers,
  };
}

/** What a page was shown again with. */
function outcome({ body }: Answer) {
  return (JSON.parse(body) as { form: { name: string; typed: object; refused?: object; secret?: string } }).form;
}

async function signIn(name: string, password = PASSWORD): Promise<{ cookie: string }> {
  const answer = await post("/account/sign-in", { name, password });
  expect(answer.status, answer.body).toBe(303);
  return { cookie: String(answer.headers["set-cookie"]).split(";")[0] ?? "" };
}

async function userId(name: string): Promise<number> {
  return (await accounts.users.list()).find((user) => user.name === name)?.id ?? 0;
}

async function makeUser(name: string, level: "LOGIN" | "STAFF" | "ADMIN" = "LOGIN") {
  await accounts.saveUser(name, level, PASSWORD);
  return { id: await userId(name), ...(await signIn(name)) };
}

async function makeRepository(identity: string): Promise<void> {
  await db.write(async (tx) => {
    const layout = await tx
      .insertInto("layout")
      .values({
        ...{ name: "Default", default_version: "~%IDENTITY%%CODEVERSION%+1", meta_distributions: "" },
        ...{ mandatory_version_regex: "", experimental_default_version: "" },
        experimental_mandatory_version_regex: "",
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    await tx
      .insertInto("repository")
      .values({
        ...{ identity, layout_id: layout.id, origin: "o", description: "d", allow_unauthenticated_uploads: 0 },
        ...{ extra_uploader_keyrings: "[]", active: 1, created_at: now.toISOString() },
      })
      .execute();
  });
}

test("from registering to a key that may upload, a token and signing out", async () => {
  await makeRepository("acme");
  const admin = await makeUser("boss", "ADMIN");
  const registered = await post("/account/register", {
    ...{ name: "jane", email: "jane@example.org", password: PASSWORD, repeat: PASSWORD },
  });
  expect([registered.status, registered.location]).toEqual([303, "/account/sign-in?done=registered_wait#content"]);
  const early = await post("/account/sign-in", { name: "jane", password: PASSWORD });
  expect([early.status, outcome(early).refused]).toMatchObject([403, { message: "The account 'jane' is not active." }]);

  const jane = await userId("jane");
  expect((await post(`/users/${jane}/activate`, {}, admin)).location).toBe(`/users/${jane}?done=user_activated#content`);
  const own = await signIn("jane");
  expect((await post("/account/key", { key: armoured }, own)).location).toBe("/account/?done=key_set#content");
  expect((await post(`/users/${jane}/key/activate`, { fingerprint }, admin)).status).toBe(303);
  expect((await post(`/users/${jane}/rights`, { repositories: ["acme"] }, admin)).status).toBe(303);
  expect(await accounts.users.get(jane)).toMatchObject({ rights: ["acme"], key: { fingerprint, state: "active" } });

  const made = await post("/account/tokens", { name: "ci", level: "LOGIN", days: "30" }, own);
  const secret = outcome(made).secret ?? "";
  expect([made.status, made.headers["cache-control"]]).toEqual([200, "no-store"]);
  expect(await accounts.authenticate(`Bearer ${secret}`)).toMatchObject({ level: "LOGIN", userId: jane });

  const left = await post("/account/sign-out", {}, own);
  expect([left.status, left.location]).toEqual([303, "/account/sign-in?done=signed_out#content"]);
  expect(String(left.headers["set-cookie"])).toMatch(/^mini-buildd-8066=; .*Max-Age=0/);
  expect(JSON.parse((await get("/account/", own)).body)).toMatchObject({ principal: { kind: "nobody" } });
  const actions = (await accounts.audit.latest({ limit: 100 })).map(({ action, actor }) => `${actor.name} ${action}`);
  for (const action of ["boss user.activate", "boss user.activate_key", "boss user.set_rights", "jane account.set_key"])
    expect(actions).toContain(action);
  expect(JSON.stringify(await accounts.audit.latest({ limit: 100 }))).not.toContain(PASSWORD);
});

describe("signing in", () => {
  test("sets a cookie that scripts cannot read and other sites cannot send, and goes back", async () => {
    await accounts.saveUser("jane", "STAFF", PASSWORD);

    const answer = await post("/account/sign-in", { name: "jane", password: PASSWORD, next: "/builds/?state=FAILED" });

    expect([answer.status, answer.location]).toEqual([303, "/builds/?state=FAILED"]);
    expect(String(answer.headers["set-cookie"])).toMatch(
      /^mini-buildd-8066=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Lax; Expires=Sat, 04 Apr 2026/,
    );
  });

  test("over https the cookie is sent by nothing else", async () => {
    await server.close();
    server = await createTestHttp({ accounts, people: accounts, pages, url: "https://build.example.org" });
    await accounts.saveUser("jane", "STAFF", PASSWORD);

    const answer = await post(
      "/account/sign-in",
      { name: "jane", password: PASSWORD },
      { origin: "https://build.example.org", host: "build.example.org" },
    );

    expect(String(answer.headers["set-cookie"])).toMatch(/^__Host-mini-buildd=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Secure;/);
  });

  test("never goes on at another host", async () => {
    await accounts.saveUser("jane", "STAFF", PASSWORD);

    for (const next of ["//evil.example", "https://evil.example/", "/\\evil.example", ""]) {
      const { location } = await post("/account/sign-in", { name: "jane", password: PASSWORD, next });
      expect([next, location]).toEqual([next, "/"]);
    }
  });

  test("a wrong password is the page again with the name, and no window of the browser", async () => {
    await accounts.saveUser("jane", "STAFF", PASSWORD);

    const answer = await post("/account/sign-in", { name: "jane", password: "not the right one", next: "/builds/" });

    expect([answer.status, answer.headers["www-authenticate"]]).toEqual([401, 'Bearer realm="mini-buildd"']);
    expect(outcome(answer)).toEqual({
      name: "sign-in",
      typed: { name: "jane", next: "/builds/" },
      refused: { message: "The credentials are not right." },
    });
    expect(answer.headers["set-cookie"]).toBeUndefined();
    expect(answer.body).not.toContain("not the right one");
    expect(outcome(await post("/account/sign-in", { name: "nobody-here", password: "x" })).refused).toEqual(
      outcome(answer).refused,
    );
  });

  test("too many wrong passwords lock the account for a while, also to the right one", async () => {
    await accounts.saveUser("jane", "STAFF", PASSWORD);
    for (let count = 0; count < 10; count += 1)
      expect((await post("/account/sign-in", { name: "jane", password: `wrong ${count}` })).status).toBe(401);

    const locked = await post("/account/sign-in", { name: "jane", password: PASSWORD });

    expect([locked.status, outcome(locked).refused]).toMatchObject([429, { message: "Too many attempts to sign in." }]);
    expect(Number(locked.headers["retry-after"])).toBeGreaterThan(60);
    now = new Date(now.getTime() + 15 * 60_000);
    expect((await post("/account/sign-in", { name: "jane", password: PASSWORD })).status).toBe(303);
  });

  test("another one signs in: the session that was there ends", async () => {
    const first = await makeUser("jane");
    await accounts.saveUser("boss", "ADMIN", PASSWORD);

    await post("/account/sign-in", { name: "boss", password: PASSWORD }, first);

    expect(JSON.parse((await get("/account/", first)).body)).toMatchObject({ principal: { kind: "nobody" } });
  });

  test("a cookie that was never given out makes nobody of its browser", async () => {
    const cookie = `mini-buildd-8066=${"A".repeat(43)}`;

    expect(JSON.parse((await get("/account/", { cookie })).body)).toMatchObject({ principal: { kind: "nobody" } });
  });
});

describe("refused", () => {
  test("what pages of others make a browser send, with a session or without", async () => {
    const admin = await makeUser("boss", "ADMIN");
    const jane = await makeUser("jane");
    const others: More[] = [
      { origin: "http://evil.example" },
      { origin: "http://build.example.org:9000" },
      { origin: "null" },
      // Its own name, with our address.
      { origin: "http://evil.example", host: "evil.example" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ];

    for (const headers of others)
      for (const path of ["/account/sign-in", "/account/sign-out", "/account/tokens", `/users/${jane.id}/level`]) {
        const answers = [await post(path, { level: "ADMIN" }, headers), await post(path, { level: "ADMIN" }, { ...admin, ...headers })];
        expect([path, headers, ...answers.map(({ status }) => status)]).toEqual([path, headers, 403, 403]);
        expect(answers[1]?.body).toContain("A page of another site");
      }

    expect(await accounts.users.get(jane.id)).toMatchObject({ level: "LOGIN" });
    expect(JSON.parse((await get("/account/", admin)).body)).toMatchObject({ principal: { name: "boss" } });
  });

  test("nothing is changed by GET", async () => {
    const admin = await makeUser("boss", "ADMIN");
    const jane = await makeUser("jane");

    for (const path of [`/users/${jane.id}/off`, "/account/sign-out", "/account/key/remove", "/account/sessions/revoke"])
      expect([path, (await get(path, admin)).status]).toEqual([path, 404]);
  });

  test("what only administrators may, to all others", async () => {
    const jane = await makeUser("jane");
    const staff = await makeUser("staff", "STAFF");
    const paths = ["activate", "off", "level", "rights", "key/activate", "key/deactivate", "reset-link"];

    for (const path of paths.map((part) => `/users/${jane.id}/${part}`)) {
      for (const session of [jane, staff])
        expect([path, (await post(path, { level: "ADMIN" }, session)).status]).toEqual([path, 403]);
      const nobody = await post(path, { level: "ADMIN" }, { referer: `${OWN.origin}/users/${jane.id}` });
      expect([path, nobody.status]).toEqual([path, 401]);
      expect(nobody.body).toContain(`href="/account/sign-in?next=%2Fusers%2F${jane.id}"`);
    }
    expect(await accounts.users.get(jane.id)).toMatchObject({ level: "LOGIN", state: "active" });
  });

  test("sessions and tokens of others, by their numbers", async () => {
    const jane = await makeUser("jane");
    const eve = await makeUser("eve");
    await post("/account/tokens", { name: "ci", level: "LOGIN" }, jane);
    const [token] = await accounts.tokens.list(jane.id);
    const [session] = await accounts.sessions.list(jane.id);

    expect((await post(`/account/tokens/${token?.id}/revoke`, {}, eve)).status).toBe(404);
    expect((await post(`/account/sessions/${session?.id}/revoke`, {}, eve)).status).toBe(404);
    for (const id of ["0", "-1", "99999999999", "1;--", "x"])
      expect([id, (await post(`/account/tokens/${id}/revoke`, {}, eve)).status]).toEqual([id, 404]);

    expect(await accounts.tokens.list(jane.id)).toHaveLength(1);
    expect(await accounts.sessions.list(jane.id)).toHaveLength(1);
  });

  test("a token that would be more than its owner, and one made by a token", async () => {
    const jane = await makeUser("jane");
    const boss = await makeUser("boss", "ADMIN");
    const low = outcome(await post("/account/tokens", { name: "low", level: "LOGIN" }, boss)).secret ?? "";

    const more = await post("/account/tokens", { name: "x", level: "ADMIN" }, jane);
    const grown = await post("/account/tokens", { name: "y", level: "ADMIN" }, { authorization: `Bearer ${low}` });

    expect([more.status, outcome(more).typed]).toEqual([403, { name: "x", level: "ADMIN", days: "" }]);
    expect(grown.status).toBe(403);
    expect(await accounts.tokens.list(boss.id)).toHaveLength(1);
  });

  test("what is wrong with what was typed is told at its field, and passwords are not sent back", async () => {
    const jane = await makeUser("jane");
    const register = { name: "max", email: "max@example.org", password: PASSWORD, repeat: PASSWORD };
    const refusal = async (path: string, fields: Record<string, string>, more = {}) =>
      outcome(await post(path, fields, more)).refused;

    expect(await refusal("/account/register", { ...register, repeat: "another" })).toEqual({
      field: "repeat",
      message: "This is not the same as above.",
    });
    expect(await refusal("/account/register", { ...register, name: "JANE" })).toMatchObject({ field: "name" });
    expect(await refusal("/account/register", { ...register, name: "a b" })).toMatchObject({ field: "name" });
    expect(await refusal("/account/register", { ...register, password: "short", repeat: "short" })).toEqual({
      field: "password",
      message: "It must have at least 10 characters.",
    });
    expect(await refusal("/account/key", { key: "no key" }, jane)).toMatchObject({ field: "key" });
    expect(await refusal("/account/tokens", { name: "t", level: "LOGIN", days: "-3" }, jane)).toMatchObject({ field: "days" });
    expect(await refusal("/account/subscriptions", { package: "../x" }, jane)).toMatchObject({ field: "package" });
    expect(await refusal("/account/subscriptions", { distribution: "x" }, jane)).toMatchObject({ field: "distribution" });
    const changed = await post(
      "/account/password",
      { old: "wrong password", password: "a new password", repeat: "a new password" },
      jane,
    );
    expect(outcome(changed)).toEqual({
      name: "password",
      typed: {},
      refused: { field: "old", message: "The credentials are not right." },
    });
    expect(changed.body).not.toContain("a new password");
  });

  test("the last administrator can be neither switched off nor made less", async () => {
    const boss = await makeUser("boss", "ADMIN");

    const off = await post(`/users/${boss.id}/off`, {}, boss);
    const less = await post(`/users/${boss.id}/level`, { level: "STAFF" }, boss);

    expect([off.status, outcome(off).name]).toEqual([409, "state"]);
    expect([less.status, outcome(less).refused]).toMatchObject([409, { field: "level" }]);
  });

  test("a key that is no longer the one that was looked at is not activated", async () => {
    const boss = await makeUser("boss", "ADMIN");
    const jane = await makeUser("jane");
    await post("/account/key", { key: armoured }, jane);

    const answer = await post(`/users/${jane.id}/key/activate`, { fingerprint: "A".repeat(40) }, boss);

    expect(answer.status).toBe(409);
    expect(await accounts.keys.get(jane.id)).toMatchObject({ state: "waiting" });
  });
});

describe("links with a secret", () => {
  test("an administrator's link sets a password once", async () => {
    const boss = await makeUser("boss", "ADMIN");
    const jane = await makeUser("jane");
    const address = outcome(await post(`/users/${jane.id}/reset-link`, {}, boss)).secret ?? "";
    expect(address).toMatch(/^http:\/\/build\.example\.org:8066\/account\/reset\?secret=/);
    const path = address.slice(OWN.origin.length);
    const fields = { password: "another good one", repeat: "another good one" };
    expect((await get(path)).status).toBe(200);

    expect((await post(path, fields)).location).toBe("/account/sign-in?done=password_set#content");
    const again = await post(path, { password: "a third good one", repeat: "a third good one" });

    expect([again.status, outcome(again).refused]).toMatchObject([410, { message: "This address does not work (any more)." }]);
    expect(JSON.parse((await get("/account/", jane)).body)).toMatchObject({ principal: { kind: "nobody" } });
    await signIn("jane", "another good one");
  });

  test("the one in a mail confirms by a button only, and once", async () => {
    await server.close();
    await start({ mail: true });
    const answer = await post("/account/register", {
      ...{ name: "jane", email: "jane@example.org", password: PASSWORD, repeat: PASSWORD },
    });
    expect(answer.location).toBe("/account/sign-in?done=registered_mail#content");
    const path = /http:\/\/build\.example\.org:8066(\/account\/confirm\?secret=\S+)/.exec(mails[0]?.body ?? "")?.[1] ?? "";

    expect((await get(path)).status).toBe(200);
    expect((await accounts.users.list())[0]).toMatchObject({ state: "registered" });
    expect((await post(path)).location).toBe("/account/sign-in?done=confirmed#content");
    expect((await post(path)).status).toBe(410);
    await signIn("jane");
  });

  test("who asks for one learns nothing about who has an account", async () => {
    await accounts.saveUser("jane", "STAFF", PASSWORD);

    const known = await post("/account/forgot", { who: "jane" });
    const unknown = await post("/account/forgot", { who: "nobody@example.org" });

    expect([known.status, known.location, known.body]).toEqual([unknown.status, unknown.location, unknown.body]);
  });
});

test("sessions are ended one by one, and all others at once by a new password", async () => {
  const one = await makeUser("jane");
  const two = await signIn("jane");
  const three = await signIn("jane");
  const whoIs = async (session: { cookie: string }) =>
    (JSON.parse((await get("/account/", session)).body) as { principal: { name: string }; session?: number });
  const { session } = await whoIs(two);

  expect((await post(`/account/sessions/${session}/revoke`, {}, one)).location).toBe("/account/?done=session_revoked#content");
  expect((await whoIs(two)).principal.name).toBe("nobody");
  expect(
    (await post("/account/password", { old: PASSWORD, password: "a new password", repeat: "a new password" }, one)).location,
  ).toBe("/account/?done=password_changed#content");
  expect((await whoIs(three)).principal.name).toBe("nobody");
  expect((await whoIs(one)).principal.name).toBe("jane");
});

test("a subscription is added and ended", async () => {
  const jane = await makeUser("jane");
  const what = { package: "hello", distribution: "bookworm-acme-unstable" };

  await post("/account/subscriptions", what, jane);
  expect(await accounts.subscriptions.list(jane.id)).toEqual([what]);
  await post("/account/subscriptions/remove", what, jane);

  expect(await accounts.subscriptions.list(jane.id)).toEqual([]);
});

test("a call that needs a sign-in leads a browser there and back, and a program to a token", async () => {
  const page = await get("/api/start?force_check=True&output=html");
  const problem = await get("/api/start?force_check=True", { accept: "application/json" });

  expect([page.status, page.headers["www-authenticate"]]).toEqual([401, 'Bearer realm="mini-buildd"']);
  expect(page.body).toContain('<a href="/account/sign-in?next=%2Fapi%2Fstart%3Fforce_check%3DTrue%26output%3Dhtml">Sign in</a>');
  expect([problem.status, problem.headers["www-authenticate"]]).toEqual([401, 'Basic realm="mini-buildd", charset="UTF-8"']);
});
