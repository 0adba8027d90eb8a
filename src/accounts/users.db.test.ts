import { beforeEach, describe, expect, test } from "vitest";
import { type Bench, BOSS, BROWSER, CLIENT, openBench, PASSWORD, secretOf } from "./test-support.ts";
import { rightText, WHOLE } from "./upload-scope.ts";

let bench: Bench;
let boss: number;
beforeEach(async () => {
  bench = await openBench({ mail: false });
  boss = await bench.addUser("boss", "ADMIN");
});

describe("the last active administrator", () => {
  test("can neither be switched off nor lowered", async () => {
    const other = await bench.addUser("other", "ADMIN");
    await bench.accounts.users.switchOff(other, BOSS);

    await expect(bench.accounts.users.switchOff(boss, BOSS)).rejects.toMatchObject({ code: "last_admin" });
    await expect(bench.accounts.users.setLevel(boss, "STAFF", BOSS)).rejects.toMatchObject({
      code: "last_admin",
    });

    await expect(bench.accounts.users.get(boss)).resolves.toMatchObject({ level: "ADMIN", state: "active" });
  });

  test("of two, one can; both at once cannot", async () => {
    const other = await bench.addUser("other", "ADMIN");

    const both = await Promise.allSettled(
      [boss, other].map((id) => bench.accounts.users.setLevel(id, "LOGIN", BOSS)),
    );

    expect(both.map((it) => it.status).sort()).toEqual(["fulfilled", "rejected"]);
  });
});

test("switching off ends sessions, tokens and links, and activating brings none of them back", async () => {
  const jane = await bench.addUser("jane");
  const { secret } = await bench.accounts.sessions.signIn({ name: "jane", password: PASSWORD, ...BROWSER });
  const token = await bench.accounts.tokens.create({ userId: jane, name: "ci", level: "LOGIN" });
  const link = await bench.accounts.registration.resetLink(jane, BOSS);

  await bench.accounts.users.switchOff(jane, BOSS);
  await bench.accounts.users.activate(jane, BOSS);

  await expect(bench.accounts.sessions.find(secret)).resolves.toBeUndefined();
  await expect(bench.accounts.authenticate(`Bearer ${token.secret}`)).rejects.toThrow("not right");
  await expect(bench.accounts.registration.reset(link, "another password")).rejects.toMatchObject({
    code: "link_invalid",
  });
  await expect(bench.accounts.users.get(jane)).resolves.toMatchObject({ state: "active" });
});

test("the list says who waits, who is off, and what each may do", async () => {
  const jane = await bench.addUser("jane", "STAFF");
  await bench.accounts.registration.register({
    ...{ name: "new", email: "new@example.org", password: PASSWORD, client: CLIENT },
  });
  await bench.addRepository("test");
  await bench.accounts.rights.give(jane, { repository: "test", ...WHOLE }, BOSS);
  const john = await bench.addUser("john");
  await bench.accounts.users.switchOff(john, BOSS);

  const list = await bench.accounts.users.list();

  expect(list.map(({ name, level, state, rights }) => [name, level, state, rights.map(rightText)])).toEqual([
    ["boss", "ADMIN", "active", []],
    ["jane", "STAFF", "active", ["test"]],
    ["john", "LOGIN", "off", []],
    ["new", "LOGIN", "registered", []],
  ]);
  expect(list[3]).toMatchObject({ email: "new@example.org", createdAt: bench.now() });
});

test("who is not there is not found", async () => {
  for (const change of [
    () => bench.accounts.users.get(99),
    () => bench.accounts.users.activate(99, BOSS),
    () => bench.accounts.users.switchOff(99, BOSS),
    () => bench.accounts.users.setLevel(99, "LOGIN", BOSS),
    () => bench.accounts.users.setEmail(99, "", BOSS),
    () => bench.accounts.rights.give(99, { repository: "test", ...WHOLE }, BOSS),
    () => bench.accounts.rights.take(99, 1, BOSS),
    () => bench.accounts.keys.activate(99, BOSS),
    () => bench.accounts.registration.resetLink(99, BOSS),
  ])
    await expect(change()).rejects.toMatchObject({ code: "not_found" });
});

describe("another mail address by an administrator", () => {
  const emailOf = async (id: number) => (await bench.accounts.users.get(id)).email;

  test("ends the links that the old one got, tells it, and is recorded", async () => {
    bench = await openBench();
    await bench.accounts.saveUser("jane", "LOGIN", PASSWORD, "jane@example.org");
    const [jane] = await bench.accounts.users.list();
    await bench.accounts.registration.requestReset({ nameOrEmail: "jane", client: CLIENT });
    const link = secretOf(bench.mails.at(-1));

    await bench.accounts.users.setEmail(jane?.id ?? 0, "ada@example.net", BOSS);

    await expect(emailOf(jane?.id ?? 0)).resolves.toBe("ada@example.net");
    await expect(bench.accounts.registration.reset(link, "another password")).rejects.toMatchObject({
      code: "link_invalid",
    });
    const told = bench.mails.at(-1);
    expect([told?.to, told?.subject]).toEqual([
      "jane@example.org",
      "The mail address of your account 'jane' was changed",
    ]);
    expect(told?.body).not.toContain("example.net");
    await expect(bench.accounts.audit.latest({ limit: 1 })).resolves.toMatchObject([
      {
        ...{ actor: { kind: "user", name: "boss" }, client: BOSS.client, action: "user.set_email" },
        given: { user: "jane", email: "ada@example.net", before: "jane@example.org" },
      },
    ]);
  });

  test("that is the same changes nothing, one that is none is refused, and it can be taken away", async () => {
    await bench.accounts.saveUser("jane", "LOGIN", PASSWORD, "jane@example.org");
    const jane = (await bench.accounts.users.list()).find(({ name }) => name === "jane")?.id ?? 0;
    const link = await bench.accounts.registration.resetLink(jane, BOSS);
    const before = await bench.recorded();

    await bench.accounts.users.setEmail(jane, "jane@example.org", BOSS);
    await expect(bench.accounts.users.setEmail(jane, "a b@example.org", BOSS)).rejects.toMatchObject({
      code: "bad_argument",
    });

    await expect(bench.recorded()).resolves.toEqual(before);
    await bench.accounts.registration.reset(link, "another password");
    await bench.accounts.users.setEmail(jane, "", BOSS);
    await expect(emailOf(jane)).resolves.toBe("");
  });

  test("of one who waits for a mail: the new one gets it, the old one's does nothing any more", async () => {
    bench = await openBench();
    await bench.accounts.registration.register({
      ...{ name: "new", email: "wrong@example.org", password: PASSWORD, client: CLIENT },
    });
    const old = secretOf(bench.mails.at(-1));
    const [user] = await bench.accounts.users.list();

    await bench.accounts.users.setEmail(user?.id ?? 0, "right@example.org", BOSS);

    expect(bench.mails.slice(1).map(({ to, subject }) => [to, subject])).toEqual([
      ["right@example.org", "Confirm your account 'new'"],
    ]);
    await expect(bench.accounts.registration.confirm(old)).rejects.toMatchObject({ code: "link_invalid" });
    await bench.accounts.registration.confirm(secretOf(bench.mails.at(-1)));
    await expect(bench.accounts.users.get(user?.id ?? 0)).resolves.toMatchObject({
      ...{ state: "active", email: "right@example.org" },
    });
  });
});

describe("subscriptions", () => {
  const all = { package: "", distribution: "" };
  const hello = { package: "hello", distribution: "" };
  const sid = { package: "", distribution: "sid-test-unstable" };

  test("are listed once however often they are made, and end exactly", async () => {
    const jane = await bench.addUser("jane");
    const { subscriptions } = bench.accounts;

    for (const what of [hello, sid, hello, all]) await subscriptions.add(jane, what);
    await subscriptions.remove(jane, sid);
    await subscriptions.remove(jane, { package: "hello", distribution: "sid-test-unstable" });

    await expect(subscriptions.list(jane)).resolves.toEqual([all, hello]);
    expect((await bench.recorded()).filter((line) => line.includes("subscribe"))).toEqual([
      ...Array(3).fill("user jane: account.subscribe done"),
      "user jane: account.unsubscribe done",
    ]);
  });

  test.each([
    [{ package: "A B", distribution: "" }, "package", "'A B' is not the name of a source package"],
    [{ package: "hello", distribution: "unstable" }, "distribution", "such as bookworm-test-unstable"],
    [{ package: "", distribution: "sid-test-unstable-rollback0" }, "distribution", "nothing happens"],
  ])("cannot be made of %j", async (what, argument, reason) => {
    const jane = await bench.addUser("jane");
    const { subscriptions } = bench.accounts;

    await expect(subscriptions.add(jane, what)).rejects.toMatchObject({
      ...{ code: "bad_argument", params: { argument } },
      message: expect.stringContaining(reason),
    });

    await expect(subscriptions.list(jane)).resolves.toEqual([]);
  });

  test("match package and distribution, empty for any, of active users with an address", async () => {
    const { findSubscribers } = await import("./subscription-store.ts");
    const ids = new Map<string, number>();
    for (const name of ["any", "hello", "sid", "both", "off", "silent"])
      ids.set(name, await bench.addUser(name));
    await bench.db.write((tx) =>
      tx
        .updateTable("user_account")
        .set((eb) => ({ email: eb("name", "||", "@example.org") }))
        .where("name", "!=", "silent")
        .execute(),
    );
    const both = { package: "hello", distribution: "sid-test-unstable" };
    const wanted: [string, typeof all][] = [
      ...([
        ["any", all],
        ["any", both],
        ["hello", hello],
      ] as [string, typeof all][]),
      ...([
        ["sid", sid],
        ["both", both],
        ["off", all],
        ["silent", all],
      ] as [string, typeof all][]),
    ];
    for (const [name, what] of wanted) await bench.accounts.subscriptions.add(ids.get(name) ?? 0, what);
    await bench.accounts.users.switchOff(ids.get("off") ?? 0, BOSS);
    const matching = async (source: string, distribution: string) =>
      (await findSubscribers(bench.db.read, { package: source, distribution })).map((it) => it.name);

    await expect(matching("hello", "sid-test-unstable")).resolves.toEqual(["any", "both", "hello", "sid"]);
    await expect(matching("hello", "trixie-test-unstable")).resolves.toEqual(["any", "hello"]);
    await expect(matching("bye", "sid-test-unstable")).resolves.toEqual(["any", "sid"]);
    await expect(matching("bye", "")).resolves.toEqual(["any"]);
  });
});

describe("records", () => {
  test("are found by who and what, newest first, page by page", async () => {
    const jane = await bench.addUser("jane");
    for (const level of ["STAFF", "LOGIN", "STAFF"] as const)
      await bench.accounts.users.setLevel(jane, level, BOSS);
    await bench.accounts.audit.record(undefined, {
      ...{ actor: { kind: "token", name: 'x","name":"boss"}' }, client: "::1", action: "user_x" },
      ...{ given: { key: "k".repeat(9999) }, outcome: "failed", error: "No." },
    });

    const byBoss = await bench.accounts.audit.latest({ limit: 2, actor: "boss" });
    const older = await bench.accounts.audit.latest({ limit: 9, actor: "boss", before: byBoss.at(-1)?.id });
    const all = await bench.accounts.audit.latest({ limit: 99, action: "user." });
    const [last] = await bench.accounts.audit.latest({ limit: 1 });

    expect(byBoss.map((row) => row.given["level"])).toEqual(["STAFF", "LOGIN"]);
    expect(older.map((row) => row.given["level"])).toEqual(["STAFF"]);
    expect(all.map((row) => row.action)).toEqual([
      ...Array(3).fill("user.set_level"),
      "user.save",
      "user.save",
    ]);
    expect(last).toMatchObject({ outcome: "failed", error: "No.", client: "::1" });
    expect(last?.given["key"]?.length).toBeLessThan(1000);
  });

  test("stand or fall with the change", async () => {
    const before = await bench.recorded();

    await expect(bench.accounts.users.setLevel(boss, "LOGIN", BOSS)).rejects.toThrow();

    await expect(bench.recorded()).resolves.toEqual(before);
  });
});

test("the daily cleanup takes what ended long ago and registrations that nobody activated", async () => {
  const jane = await bench.addUser("jane");
  await bench.accounts.sessions.signIn({ name: "jane", password: PASSWORD, ...BROWSER });
  await bench.accounts.registration.resetLink(jane, BOSS);
  await bench.accounts.registration.register({ name: "new", email: "", password: PASSWORD, client: CLIENT });
  bench.pass({ days: 13 });
  const early = await bench.accounts.cleanUp();
  bench.pass({ days: 60 });
  const { secret } = await bench.accounts.sessions.signIn({ name: "jane", password: PASSWORD, ...BROWSER });

  const late = await bench.accounts.cleanUp();

  expect(early).toEqual({ sessions: 0, links: 0, registrations: 0, records: 0 });
  expect(late).toEqual({ sessions: 1, links: 1, registrations: 1, records: 0 });
  await expect(bench.accounts.sessions.find(secret)).resolves.toBeDefined();
  expect((await bench.accounts.users.list()).map((user) => user.name)).toEqual(["boss", "jane"]);
});

test("records are kept for two years, and then go", async () => {
  await bench.addUser("jane");
  const old = await bench.recorded();
  bench.pass({ days: 2 * 365 });
  const kept = await bench.accounts.cleanUp();
  await bench.addUser("john");
  bench.pass({ seconds: 1 });

  const gone = await bench.accounts.cleanUp();

  expect([kept.records, gone.records]).toEqual([0, old.length]);
  await expect(bench.recorded()).resolves.toEqual(["local local: user.save done"]);
});
