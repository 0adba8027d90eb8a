import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Accounts, createAccounts, type Principal } from "#accounts";
import { type Database, openTestDatabase } from "#db";
import { createTestGpg, readKeys } from "#keys";
import { exec } from "#platform";
import { createPages } from "./create-pages.ts";
import { doneText } from "./flash.ts";
import type { PageRoute } from "./page.ts";
import { HOSTILE, SEEDED_NOW } from "./testing/moment.ts";
import { seed } from "./testing/seed.ts";
import { testDeps, type Visit, visit } from "./testing/site.ts";

const PASSWORD = "correct horse battery";
const ALL = { suites: [], sources: [] };
const BY = { kind: "user", name: "boss", client: "192.0.2.1" } as const;

let db: Database;
let accounts: Accounts;
let routes: PageRoute[];

beforeEach(async () => {
  db = await openTestDatabase();
  await seed(db);
  const clock = { now: () => SEEDED_NOW };
  const url = async () => "http://packages.acme.example:8066";
  accounts = createAccounts({ db, clock, url, readKeys: (bytes) => readKeys(bytes, exec) });
  routes = createPages({ ...testDeps(db), accounts });
});
afterEach(() => db.close());

const page = async (path: string, who: Visit = {}) => (await visit(routes, path, who)).html;

function textOf(html: string): string {
  return html
    .replaceAll(/<head>.*?<\/head>/gs, "")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ");
}

async function makeUser(
  name: string,
  level: "LOGIN" | "STAFF" | "ADMIN",
): Promise<Principal & { userId: number }> {
  await accounts.saveUser(name, level, PASSWORD);
  const user = (await accounts.users.list()).find((item) => item.name === name);
  return { kind: "user", name, level, userId: user?.id ?? 0 };
}

async function register(name: string): Promise<void> {
  await accounts.registration.register({
    name,
    email: `${name}@acme.example`,
    password: PASSWORD,
    client: "x",
  });
}

describe("who may not see a page", () => {
  test.each([
    ["/account/", "Your account needs a sign-in."],
    ["/users/", "The list of users needs a sign-in of level ADMIN."],
    ["/users/1", "The page of a user needs a sign-in of level ADMIN."],
    ["/audit?actor=x", "The audit trail needs a sign-in of level ADMIN."],
  ])("%s leads nobody to sign in and back", async (path, sentence) => {
    const { status, html } = await visit(routes, path);

    expect(status).toBe(401);
    expect(textOf(html)).toContain(sentence);
    expect(html).toContain(
      `<a class="button" href="/account/sign-in?next=${encodeURIComponent(path)}">Sign in</a>`,
    );
  });

  test("STAFF is told that it is not enough, and shown no way there", async () => {
    const principal = await makeUser("jane", "STAFF");

    for (const path of ["/users/", `/users/${principal.userId}`, "/audit"]) {
      const { status, html } = await visit(routes, path, { principal });
      expect([path, status]).toEqual([path, 403]);
      expect(html).not.toContain('href="/users/"');
    }
  });

  test("a token has no page of an account", async () => {
    const { userId } = await makeUser("jane", "ADMIN");
    const principal: Principal = { kind: "token", name: "jane/ci", level: "ADMIN", userId };

    expect((await visit(routes, "/account/", { principal })).status).toBe(403);
  });
});

test("one's own page has the key, rights, tokens, subscriptions and sessions, with what can be done", async () => {
  const principal = await makeUser("jane", "STAFF");
  const gpg = createTestGpg();
  const fingerprint = await gpg.makeKey("Jane");
  await accounts.keys.set({
    userId: principal.userId,
    key: await gpg.gpg(["--armor", "--export", fingerprint]),
  });
  await gpg.close();
  await accounts.rights.give(principal.userId, { repository: "acme", ...ALL }, BY);
  const narrow = { repository: "test", suites: ["unstable"], sources: ["foo-*", "bar"] };
  await accounts.rights.give(principal.userId, narrow, BY);
  await accounts.tokens.create({ userId: principal.userId, name: "ci", level: "LOGIN", days: 30 });
  await accounts.subscriptions.add(principal.userId, { package: "hello", distribution: "" });
  const session = {
    name: "jane",
    password: PASSWORD,
    client: "192.0.2.7",
    userAgent: "x (X11; Linux) Firefox/140",
  };
  await accounts.sessions.signIn(session);
  const [{ id } = { id: 0 }] = await accounts.sessions.list(principal.userId);

  const html = await page("/account/", { principal, session: id });
  const text = textOf(html);

  expect(text).toContain("waiting an administrator must activate it");
  expect(text).toContain(fingerprint.slice(0, 4));
  expect(text).toMatch(/uploads are taken for acme , test \(bar, foo-\* to unstable\)\./);
  expect(text).toMatch(/ci LOGIN just now never in 30 d|ci LOGIN just now never 2026/);
  expect(text).toMatch(/hello all distributions End the subscription to hello in all distributions/);
  expect(text).toMatch(/Firefox on Linux this one 192\.0\.2\.7/);
  expect(text).not.toContain("End all others");
  for (const action of ["key", "key/remove", "tokens", "subscriptions", "subscriptions/remove", "password"])
    expect(html).toContain(`action="/account/${action}"`);
  expect(html).not.toMatch(/<option[^>]*>ADMIN/);
});

test("a refused form has the sentence at its field and what was typed, and a new token stands on the page", async () => {
  const principal = await makeUser("jane", "STAFF");
  const refused = { field: "name", message: "It is not a name." };

  const again = await page("/account/", {
    principal,
    form: { name: "token", typed: { name: "a b" }, refused },
  });
  const made = await page("/account/", {
    principal,
    form: { name: "token", typed: {}, secret: "mbd_shown_once" },
  });

  expect(again).toMatch(
    /<input id="token-name"[^>]* value="a b"[^>]* aria-describedby="token-name-hint token-name-refused" aria-invalid="true"/,
  );
  expect(again).toMatch(/id="token-name-refused" role="alert"><p>It is not a name\.<\/p>/);
  expect(again).toContain("<title>Not done: Your account");
  expect(made).toContain("mbd_shown_once");
  expect(await page("/account/", { principal })).not.toContain("mbd_shown_once");
});

test("users show who and what waits first, and the home page says so to administrators only", async () => {
  const principal = await makeUser("boss", "ADMIN");
  const jane = await makeUser("jane", "STAFF");
  await register("max");
  const gpg = createTestGpg();
  const fingerprint = await gpg.makeKey("Jane");
  await accounts.keys.set({ userId: jane.userId, key: await gpg.gpg(["--armor", "--export", fingerprint]) });
  await gpg.close();

  const html = await page("/users/", { principal });
  const text = textOf(html);

  expect(text).toMatch(
    /Waiting for you 2 decisions .*jane wants to sign uploads with the key .*max registered .*All users/,
  );
  expect(html).toContain(`<input type="hidden" name="fingerprint" value="${fingerprint}"`);
  expect(textOf(await page("/", { principal }))).toContain(
    "1 new account and 1 OpenPGP key wait for an administrator",
  );
  expect(textOf(await page("/", { principal: jane }))).not.toContain("for an administrator");
});

test("a user's page offers what fits their state", async () => {
  const principal = await makeUser("boss", "ADMIN");
  await register("max");
  const max = (await accounts.users.list()).find(({ name }) => name === "max")?.id ?? 0;

  const registered = await page(`/users/${max}`, { principal });
  await accounts.users.activate(max, BY);
  await accounts.rights.give(max, { repository: "test", ...ALL, sources: ["foo-*"] }, BY);
  const [right] = await accounts.rights.of(max);
  const active = await page(`/users/${max}`, { principal });

  expect(registered).toContain(`action="/users/${max}/activate"`);
  expect(active).toContain(`action="/users/${max}/off"`);
  expect(textOf(registered)).toContain("max may upload nothing.");
  expect(textOf(active)).toMatch(/test all foo-\* Take away the right for test \(foo-\*\)/);
  expect(active).toContain(`<input type="hidden" name="right" value="${right?.id}"`);
  expect(textOf(await page("/users/", { principal }))).toContain("test (foo-*)");
  expect((await visit(routes, "/users/9999", { principal })).status).toBe(404);
});

test("the audit trail narrows by person and action, and goes on by number", async () => {
  const principal = await makeUser("boss", "ADMIN");
  for (let count = 0; count < 61; count += 1)
    await accounts.rights.give(principal.userId, { repository: "acme", ...ALL, sources: [`p${count}`] }, BY);

  const all = textOf(await page("/audit", { principal }));
  const local = textOf(await page("/audit?actor=local", { principal }));
  const first = await page("/audit?action=user.give_right", { principal });

  expect(all).toMatch(/user\.give_right user: boss, right: acme \(p60\) done boss user 192\.0\.2\.1/);
  expect(local).toContain("user.save user: boss, level: ADMIN");
  expect(local).not.toContain("user.give_right");
  const older = /href="(\/audit\?action=user\.give_right&amp;before=\d+)" rel="next"/.exec(first)?.[1] ?? "";
  const second = await page(older.replaceAll("&amp;", "&"), { principal });
  expect([first, second].map((html) => html.match(/<tr>/g)?.length)).toEqual([61, 2]);
});

test("what others wrote about themselves is hostile text", async () => {
  const principal = await makeUser("boss", "ADMIN");
  await db.write(async (tx) => {
    await tx.updateTable("user_account").set({ email: HOSTILE }).execute();
    await tx
      .insertInto("user_key")
      .values({
        ...{ user_account_id: principal.userId, fingerprint: HOSTILE, user_ids: JSON.stringify([HOSTILE]) },
        ...{ algorithm: HOSTILE, key_created_at: HOSTILE, key_expires_at: null, key: "" },
        ...{ created_at: SEEDED_NOW.toISOString(), activated_at: null, activated_by: null },
      })
      .execute();
  });
  const actor = { kind: "nobody", name: HOSTILE } as const;
  await accounts.audit.record(undefined, {
    ...{
      actor,
      client: HOSTILE,
      action: HOSTILE,
      given: { [HOSTILE]: HOSTILE },
      outcome: "failed",
      error: HOSTILE,
    },
  });
  await accounts.sessions.signIn({ name: "boss", password: PASSWORD, client: HOSTILE, userAgent: HOSTILE });

  for (const path of [
    "/account/",
    "/users/",
    `/users/${principal.userId}`,
    "/audit",
    `/account/sign-in?next=${encodeURIComponent(HOSTILE)}`,
  ]) {
    const html = await page(path, { principal });
    expect(html, path).not.toMatch(/<script>|<\/script>(?!<\/head>)/);
    expect(html, path).toContain("&lt;script");
  }
});

test("only known words are said about what was done", async () => {
  expect(textOf(await page("/account/sign-in?done=signed_out"))).toContain("You are signed out.");
  for (const code of ["Call+us", "constructor", "__proto__"])
    expect(await page(`/account/sign-in?done=${code}`)).not.toContain('class="note good"');
  expect(doneText("toString")).toBeUndefined();
});

test("the header leads to sign in and back, or names who is signed in", async () => {
  const principal = await makeUser("jane", "STAFF");

  expect(await page("/builds/?state=FAILED")).toContain(
    '<a href="/account/sign-in?next=%2Fbuilds%2F%3Fstate%3DFAILED">Sign in</a>',
  );
  const html = await page("/builds/", { principal });
  expect(html).toContain('<form method="post" action="/account/sign-out">');
  expect(textOf(html)).toContain("Your account, jane");
});
