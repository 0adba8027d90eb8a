import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestGpg, type TestGpg } from "#keys";
import {
  type AccountScene,
  asker,
  createScene,
  makeRepository,
  OWN,
  outcome,
  PASSWORD,
} from "./account-scene.ts";

let gpg: TestGpg;
let armoured: string;
let fingerprint: string;
let scene: AccountScene;

beforeAll(async () => {
  gpg = createTestGpg();
  fingerprint = await gpg.makeKey("Jane");
  armoured = await gpg.gpg(["--armor", "--export", fingerprint]);
});
afterAll(() => gpg.close());

beforeEach(async () => {
  scene = await createScene();
});
afterEach(() => scene.close());

test("from registering to a key that may upload, a token and signing out", async () => {
  await makeRepository(scene, "acme");
  const admin = await scene.makeUser("boss", "ADMIN");
  const registered = await scene.post("/account/register", {
    ...{ name: "jane", email: "jane@example.org", password: PASSWORD, repeat: PASSWORD },
  });
  expect([registered.status, registered.location]).toEqual([
    303,
    "/account/sign-in?done=registered_wait#content",
  ]);
  const early = await scene.post("/account/sign-in", { name: "jane", password: PASSWORD });
  expect([early.status, outcome(early).refused]).toMatchObject([
    403,
    { message: "The account 'jane' is not active." },
  ]);

  const jane = (await scene.accounts.users.list()).find(({ name }) => name === "jane")?.id ?? 0;
  expect((await scene.post(`/users/${jane}/activate`, {}, admin)).location).toBe(
    `/users/${jane}?done=user_activated#content`,
  );
  const own = await scene.signIn("jane");
  expect((await scene.post("/account/key", { key: armoured }, own)).location).toBe(
    "/account/?done=key_set#content",
  );
  expect((await scene.post(`/users/${jane}/key/activate`, { fingerprint }, admin)).status).toBe(303);
  expect((await scene.post(`/users/${jane}/rights`, { repository: "acme" }, admin)).status).toBe(303);
  expect(await scene.accounts.users.get(jane)).toMatchObject({
    rights: [{ repository: "acme", suites: [], sources: [] }],
    key: { fingerprint, state: "active" },
  });

  const made = await scene.post("/account/tokens", { name: "ci", level: "LOGIN", days: "30" }, own);
  const secret = outcome(made).secret ?? "";
  expect([made.status, made.headers["cache-control"]]).toEqual([200, "no-store"]);
  expect(await scene.accounts.authenticate(`Bearer ${secret}`)).toMatchObject({
    level: "LOGIN",
    userId: jane,
  });

  const left = await scene.post("/account/sign-out", {}, own);
  expect([left.status, left.location]).toEqual([303, "/account/sign-in?done=signed_out#content"]);
  expect(String(left.headers["set-cookie"])).toMatch(/^mini-buildd-8066=; .*Max-Age=0/);
  expect(asker(await scene.get("/account/", own)).name).toBe("nobody");
  const actions = (await scene.accounts.audit.latest({ limit: 100 })).map(
    ({ action, actor }) => `${actor.name} ${action}`,
  );
  for (const action of [
    "boss user.activate",
    "boss user.activate_key",
    "boss user.give_right",
    "jane account.set_key",
  ])
    expect(actions).toContain(action);
  expect(JSON.stringify(await scene.accounts.audit.latest({ limit: 100 }))).not.toContain(PASSWORD);
});

test("an administrator gives a user another mail address on the user's page", async () => {
  const boss = await scene.makeUser("boss", "ADMIN");
  const jane = await scene.makeUser("jane");

  const answer = await scene.post(`/users/${jane.id}/email`, { email: " jane@example.net " }, boss);

  expect([answer.status, answer.location]).toEqual([303, `/users/${jane.id}?done=email_set#content`]);
  expect(await scene.accounts.users.get(jane.id)).toMatchObject({ email: "jane@example.net" });
  const [record] = await scene.accounts.audit.latest({ limit: 1 });
  expect(record).toMatchObject({ actor: { name: "boss" }, action: "user.set_email" });
});

test("an administrator gives a narrowed right, is told at its field what is wrong, and takes it away", async () => {
  await makeRepository(scene, "acme");
  const boss = await scene.makeUser("boss", "ADMIN");
  const jane = await scene.makeUser("jane");
  const path = `/users/${jane.id}/rights`;
  const rights = async () => (await scene.accounts.users.get(jane.id)).rights;

  const given = await scene.post(path, { repository: "acme", suites: "", sources: "foo-*, bar" }, boss);
  const refused = [
    await scene.post(path, { repository: "nope" }, boss),
    await scene.post(path, { repository: "acme", suites: "sid unstable" }, boss),
    await scene.post(path, { repository: "acme", sources: "[a]" }, boss),
  ];

  expect([given.status, given.location]).toEqual([303, `/users/${jane.id}?done=right_given#content`]);
  expect(refused.map((answer) => [answer.status, outcome(answer).refused])).toMatchObject([
    [404, { field: "repository" }],
    [400, { field: "suites" }],
    [400, { field: "sources" }],
  ]);
  const [right, ...others] = await rights();
  expect([right, others]).toMatchObject([{ suites: [], sources: ["bar", "foo-*"] }, []]);
  expect((await scene.post(`${path}/take`, { right: "x" }, boss)).status).toBe(404);
  const taken = await scene.post(`${path}/take`, { right: String(right?.id) }, boss);
  expect(taken.location).toBe(`/users/${jane.id}?done=right_taken#content`);
  expect(await rights()).toEqual([]);
});

describe("signing in", () => {
  test("sets a cookie that scripts cannot read and other sites cannot send, and goes back", async () => {
    await scene.accounts.saveUser("jane", "STAFF", PASSWORD);

    const answer = await scene.post("/account/sign-in", {
      name: "jane",
      password: PASSWORD,
      next: "/builds/?state=FAILED",
    });

    expect([answer.status, answer.location]).toEqual([303, "/builds/?state=FAILED"]);
    expect(String(answer.headers["set-cookie"])).toMatch(
      /^mini-buildd-8066=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Lax; Expires=Sat, 04 Apr 2026/,
    );
  });

  test.each([
    ["of its own", "https://build.example.org"],
    ["of a proxy in front", "http://build.example.org:8066"],
  ])("by https %s the cookie is sent by https only", async (_whose, url) => {
    await scene.close();
    scene = await createScene({ url });
    await scene.accounts.saveUser("jane", "STAFF", PASSWORD);

    const answer = await scene.post(
      "/account/sign-in",
      { name: "jane", password: PASSWORD },
      { origin: "https://build.example.org", host: "build.example.org" },
    );

    expect(String(answer.headers["set-cookie"])).toMatch(
      /^(?:__Host-mini-buildd|mini-buildd-8066)=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Secure;/,
    );
  });

  test("where the public address is https, only a cookie that nobody else can have set is read", async () => {
    await scene.close();
    const url = "https://mini-buildd.example.org";
    scene = await createScene({ url });
    await scene.accounts.saveUser("jane", "STAFF", PASSWORD);
    // As a proxy sends it that calls the daemon by its address.
    const browser = { origin: url, host: "127.0.0.1:8066" };

    const answer = await scene.post("/account/sign-in", { name: "jane", password: PASSWORD }, browser);

    const [cookie = ""] = String(answer.headers["set-cookie"]).split(";");
    expect(cookie).toMatch(/^__Host-mini-buildd=/);
    expect(asker(await scene.get("/account/", { ...browser, cookie })).name).toBe("jane");
    const planted = cookie.replace("__Host-", "");
    expect(asker(await scene.get("/account/", { ...browser, cookie: planted })).name).toBe("nobody");
  });

  test.each([
    ["a trusted proxy names is the client", ["127.0.0.1"], "192.0.2.7"],
    ["anybody else names is not believed", ["10.0.0.0/8"], "127.0.0.1"],
  ])("whom %s of sessions and records", async (_what, trustedProxies, client) => {
    await scene.close();
    scene = await createScene({ trustedProxies });
    await scene.accounts.saveUser("jane", "STAFF", PASSWORD);
    const by = { "x-forwarded-for": "203.0.113.5, 192.0.2.7" };

    await scene.post("/account/sign-in", { name: "jane", password: "not the right one" }, by);
    const answer = await scene.post("/account/sign-in", { name: "jane", password: PASSWORD }, by);

    expect(answer.status).toBe(303);
    const [user] = await scene.accounts.users.list();
    expect(await scene.accounts.sessions.list(user?.id ?? 0)).toMatchObject([{ client }]);
    const records = await scene.accounts.audit.latest({ limit: 2, action: "account.sign_in" });
    expect(records.map((record) => [record.outcome, record.client])).toEqual([
      ["done", client],
      ["failed", client],
    ]);
  });

  test("wrong credentials through a proxy are counted for the client that it names", async () => {
    await scene.close();
    scene = await createScene({ trustedProxies: ["127.0.0.1"] });
    const ask = async (client: string) => {
      const name = client.replaceAll(":", "-");
      const authorization = `Basic ${Buffer.from(`${name}:wrong`).toString("base64")}`;
      return (await scene.get("/account/", { authorization, "x-forwarded-for": client })).status;
    };

    const guesses: number[] = [];
    for (let guess = 0; guess < 21; guess += 1) guesses.push(await ask(`2001:db8::${guess + 1}`));

    expect(guesses.slice(0, 20)).toEqual(Array(20).fill(401));
    expect(guesses[20]).toBe(429);
    expect(await ask("2001:db8:0:1::1")).toBe(401);
  });

  test("never goes on at another host", async () => {
    await scene.accounts.saveUser("jane", "STAFF", PASSWORD);

    for (const next of ["//evil.example", "https://evil.example/", "/\\evil.example", ""]) {
      const { location } = await scene.post("/account/sign-in", { name: "jane", password: PASSWORD, next });
      expect([next, location]).toEqual([next, "/"]);
    }
  });

  test("a wrong password is the page again with the name, and no window of the browser", async () => {
    await scene.accounts.saveUser("jane", "STAFF", PASSWORD);

    const answer = await scene.post("/account/sign-in", {
      name: "jane",
      password: "not the right one",
      next: "/builds/",
    });

    expect([answer.status, answer.headers["www-authenticate"]]).toEqual([401, 'Bearer realm="mini-buildd"']);
    expect(outcome(answer)).toEqual({
      name: "sign-in",
      typed: { name: "jane", next: "/builds/" },
      refused: { message: "Name or password is not right." },
    });
    expect(answer.headers["set-cookie"]).toBeUndefined();
    expect(answer.body).not.toContain("not the right one");
    expect(
      outcome(await scene.post("/account/sign-in", { name: "nobody-here", password: "x" })).refused,
    ).toEqual(outcome(answer).refused);
  });

  test("too many wrong passwords lock the account for a while, also to the right one", async () => {
    await scene.accounts.saveUser("jane", "STAFF", PASSWORD);
    for (let count = 0; count < 10; count += 1)
      expect(
        (await scene.post("/account/sign-in", { name: "jane", password: `wrong ${count}` })).status,
      ).toBe(401);

    const locked = await scene.post("/account/sign-in", { name: "jane", password: PASSWORD });

    expect([locked.status, outcome(locked).refused]).toMatchObject([
      429,
      { message: "Too many attempts to sign in." },
    ]);
    expect(Number(locked.headers["retry-after"])).toBeGreaterThan(60);
    scene.wait(15 * 60);
    expect((await scene.post("/account/sign-in", { name: "jane", password: PASSWORD })).status).toBe(303);
  });

  test("another one signs in: the session that was there ends", async () => {
    const first = await scene.makeUser("jane");
    await scene.accounts.saveUser("boss", "ADMIN", PASSWORD);

    await scene.post("/account/sign-in", { name: "boss", password: PASSWORD }, first);

    expect(asker(await scene.get("/account/", first)).name).toBe("nobody");
  });

  test("a cookie that was never given out makes nobody of its browser", async () => {
    const cookie = `mini-buildd-8066=${"A".repeat(43)}`;

    expect(asker(await scene.get("/account/", { cookie })).name).toBe("nobody");
  });
});

describe("links with a secret", () => {
  test("an administrator's link sets a password once", async () => {
    const boss = await scene.makeUser("boss", "ADMIN");
    const jane = await scene.makeUser("jane");
    const address = outcome(await scene.post(`/users/${jane.id}/reset-link`, {}, boss)).secret ?? "";
    expect(address).toMatch(/^http:\/\/build\.example\.org:8066\/account\/reset\?secret=/);
    const path = address.slice(OWN.origin.length);
    const fields = { password: "another good one", repeat: "another good one" };
    expect((await scene.get(path)).status).toBe(200);

    expect((await scene.post(path, fields)).location).toBe("/account/sign-in?done=password_set#content");
    const again = await scene.post(path, { password: "a third good one", repeat: "a third good one" });

    expect([again.status, outcome(again).refused]).toMatchObject([
      410,
      { message: "This address does not work (any more)." },
    ]);
    expect(asker(await scene.get("/account/", jane)).name).toBe("nobody");
    await scene.signIn("jane", "another good one");
  });

  test("the one in a mail confirms by a button only, and once", async () => {
    await scene.close();
    scene = await createScene({ mail: true });
    const answer = await scene.post("/account/register", {
      ...{ name: "jane", email: "jane@example.org", password: PASSWORD, repeat: PASSWORD },
    });
    expect(answer.location).toBe("/account/sign-in?done=registered_mail#content");
    const path =
      /http:\/\/build\.example\.org:8066(\/account\/confirm\?secret=\S+)/.exec(scene.mails[0] ?? "")?.[1] ??
      "";

    expect((await scene.get(path)).status).toBe(200);
    expect((await scene.accounts.users.list())[0]).toMatchObject({ state: "registered" });
    expect((await scene.post(path)).location).toBe("/account/sign-in?done=confirmed#content");
    expect((await scene.post(path)).status).toBe(410);
    await scene.signIn("jane");
  });

  test("who asks for one learns nothing about who has an account", async () => {
    await scene.accounts.saveUser("jane", "STAFF", PASSWORD);

    const known = await scene.post("/account/forgot", { who: "jane" });
    const unknown = await scene.post("/account/forgot", { who: "nobody@example.org" });

    expect([known.status, known.location, known.body]).toEqual([
      unknown.status,
      unknown.location,
      unknown.body,
    ]);
  });
});

test("sessions are ended one by one, and all others at once by a new password", async () => {
  const one = await scene.makeUser("jane");
  const two = await scene.signIn("jane");
  const three = await scene.signIn("jane");
  const whoIs = async (browser: { cookie: string }) => asker(await scene.get("/account/", browser));
  const { session } = await whoIs(two);

  expect((await scene.post(`/account/sessions/${session}/revoke`, {}, one)).location).toBe(
    "/account/?done=session_revoked#content",
  );
  expect((await whoIs(two)).name).toBe("nobody");
  expect(
    (
      await scene.post(
        "/account/password",
        { old: PASSWORD, password: "a new password", repeat: "a new password" },
        one,
      )
    ).location,
  ).toBe("/account/?done=password_changed#content");
  expect((await whoIs(three)).name).toBe("nobody");
  expect((await whoIs(one)).name).toBe("jane");
});

test("a subscription is added and ended", async () => {
  const jane = await scene.makeUser("jane");
  const what = { package: "hello", distribution: "bookworm-acme-unstable" };

  await scene.post("/account/subscriptions", what, jane);
  expect(await scene.accounts.subscriptions.list(jane.id)).toEqual([what]);
  await scene.post("/account/subscriptions/remove", what, jane);

  expect(await scene.accounts.subscriptions.list(jane.id)).toEqual([]);
});

test("a call that needs a sign-in leads a browser there and back, and a program to a token", async () => {
  const page = await scene.get("/api/start?force_check=True&output=html");
  const problem = await scene.get("/api/start?force_check=True", { accept: "application/json" });

  expect([page.status, page.headers["www-authenticate"]]).toEqual([401, 'Bearer realm="mini-buildd"']);
  expect(page.body).toContain(
    '<a class="button" href="/account/sign-in?next=%2Fapi%2Fstart%3Fforce_check%3DTrue%26output%3Dhtml">Sign in</a>',
  );
  expect([problem.status, problem.headers["www-authenticate"]]).toEqual([
    401,
    'Basic realm="mini-buildd", charset="UTF-8"',
  ]);
});
