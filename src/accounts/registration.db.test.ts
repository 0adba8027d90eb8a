import { describe, expect, test } from "vitest";
import { type Bench, BOSS, BROWSER, CLIENT, openBench, PASSWORD, secretOf } from "./test-support.ts";

const JANE = { name: "jane", email: "jane@example.org", password: PASSWORD, client: CLIENT };

const register = (bench: Bench, change: Partial<typeof JANE> = {}) =>
  bench.accounts.registration.register({ ...JANE, ...change });
const signIn = (bench: Bench, password = PASSWORD) =>
  bench.accounts.sessions.signIn({ name: "jane", password, ...BROWSER });

describe("where mail works", () => {
  test("a registration is confirmed by the mailed address, once", async () => {
    const bench = await openBench();

    const { next } = await register(bench);
    await expect(signIn(bench)).rejects.toMatchObject({ code: "account_inactive" });
    const [mail] = bench.mails;
    const secret = secretOf(mail);
    await expect(bench.accounts.registration.confirm(secret, CLIENT)).resolves.toEqual({ name: "jane" });

    expect(next).toBe("mail");
    expect(mail).toMatchObject({ to: "jane@example.org", subject: "Confirm your account 'jane'" });
    expect(mail?.body).toContain(`http://build.example.org:8066/account/confirm?secret=${secret}\n`);
    await expect(signIn(bench)).resolves.toMatchObject({ principal: { name: "jane", level: "LOGIN" } });
    await expect(bench.accounts.registration.confirm(secret)).rejects.toMatchObject({ code: "link_invalid" });
    const rows = await bench.db.read.selectFrom("user_account").selectAll().execute();
    expect(rows).toMatchObject([{ email_confirmed_at: bench.now(), activated_at: bench.now() }]);
    await expect(bench.recorded()).resolves.toEqual([
      "nobody jane: account.register done",
      "nobody jane: account.sign_in failed",
      "user jane: account.confirm done",
      "user jane: account.sign_in done",
    ]);
  });

  test("after three days the address works no more", async () => {
    const bench = await openBench();
    await register(bench);

    bench.pass({ hours: 73 });

    await expect(bench.accounts.registration.confirm(secretOf(bench.mails[0]))).rejects.toMatchObject({
      code: "link_invalid",
    });
  });

  test("a mail address with an account gets the same answer; the account is not touched", async () => {
    const bench = await openBench();
    await register(bench);
    await bench.accounts.registration.confirm(secretOf(bench.mails[0]));

    const answer = await register(bench, { name: "jane2", email: "Jane@Example.org" });

    expect(answer).toEqual({ next: "mail" });
    expect(bench.mails[1]).toMatchObject({
      to: "jane@example.org",
      subject: expect.stringContaining("already"),
    });
    expect(secretOf(bench.mails[1])).toBe("");
    expect((await bench.accounts.users.list()).map((user) => user.name)).toEqual(["jane"]);
  });

  test("one who was switched off meanwhile is not activated by an old mail", async () => {
    const bench = await openBench();
    await register(bench);
    const [user] = await bench.accounts.users.list();

    await bench.accounts.users.switchOff(user?.id ?? 0, BOSS);

    await expect(bench.accounts.registration.confirm(secretOf(bench.mails[0]))).rejects.toMatchObject({
      code: "link_invalid",
    });
    await expect(bench.accounts.users.list()).resolves.toMatchObject([{ state: "off" }]);
  });

  test("a mail address is needed", async () => {
    const bench = await openBench();

    await expect(register(bench, { email: "" })).rejects.toMatchObject({ code: "bad_argument" });
  });
});

describe("without mail", () => {
  test("an administrator activates, and hands on a link for a new password", async () => {
    const bench = await openBench({ mail: false });

    const { next } = await register(bench, { email: "" });
    const [user] = await bench.accounts.users.list();
    await bench.accounts.users.activate(user?.id ?? 0, BOSS);
    const secret = await bench.accounts.registration.resetLink(user?.id ?? 0, BOSS);
    await bench.accounts.registration.reset(secret, "another password", CLIENT);

    expect([next, user?.state]).toEqual(["administrator", "registered"]);
    await expect(bench.accounts.registration.resetAddress(secret)).resolves.toBe(
      `http://build.example.org:8066/account/reset?secret=${secret}`,
    );
    await expect(signIn(bench, "another password")).resolves.toBeDefined();
    await expect(signIn(bench)).rejects.toMatchObject({ code: "bad_credentials" });
  });

  test("asking for a new password does nothing, and says nothing else", async () => {
    const bench = await openBench({ mail: false });
    await bench.addUser("jane");

    const ask = (nameOrEmail: string) =>
      bench.accounts.registration.requestReset({ nameOrEmail, client: CLIENT });

    await expect(ask("jane")).resolves.toBeUndefined();
    await expect(ask("nobody-here")).resolves.toBeUndefined();
    await expect(bench.db.read.selectFrom("account_link").selectAll().execute()).resolves.toEqual([]);
  });
});

describe("what may be registered", () => {
  test.each([
    { name: "a b" },
    { name: "" },
    { name: "x".repeat(65) },
    { name: "Local" },
    { email: "jane" },
    { email: "jane@example.org\nBcc: all@example.org" },
    { email: "jane@exa mple.org" },
    { email: "<jane@example.org>" },
    { password: "short" },
    { password: "aaaaaaaaaaaa" },
    { name: "janejanejane", password: "JaneJaneJane" },
    { password: "x1".repeat(600) },
  ])("not %o", async (change) => {
    const bench = await openBench();

    const error: unknown = await register(bench, change).catch((it: unknown) => it);

    expect(error).toMatchObject({ code: "bad_argument" });
    if (change.password !== undefined) expect(String(error)).not.toContain(change.password);
    await expect(bench.accounts.users.list()).resolves.toEqual([]);
  });

  test("no name that is there already, in whatever letters, at whatever time", async () => {
    const bench = await openBench();
    await register(bench);

    await expect(register(bench, { name: "JANE" })).rejects.toMatchObject({ code: "name_taken" });
    const both = await Promise.allSettled(
      ["john", "john"].map((name, i) => register(bench, { name, email: `john${i}@example.org` })),
    );

    expect(both.map((it) => it.status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(both.find((it) => it.status === "rejected")?.reason).toMatchObject({ code: "name_taken" });
  });

  test("ten in an hour from one /64 of IPv6, wherever in it", async () => {
    const bench = await openBench({ mail: false });
    for (let i = 0; i < 10; i += 1) await register(bench, { name: `name${i}`, client: `2001:db8::${i + 1}` });

    await expect(register(bench, { name: "more", client: "2001:db8::ffff" })).rejects.toMatchObject({
      code: "too_many",
    });
    await expect(register(bench, { name: "more", client: "2001:db8:0:1::1" })).resolves.toBeDefined();
  });

  test("ten in an hour from one address, and no more than may wait", async () => {
    const bench = await openBench({ mail: false });
    const many = async (times: number, client: string) => {
      for (let i = 0; i < times; i += 1) await register(bench, { name: `name${client}-${i}`, client });
    };

    await many(10, "1");
    await expect(many(1, "1")).rejects.toMatchObject({ code: "too_many" });
    await bench.db.write(async (tx) => {
      const { id: _, ...row } = await tx.selectFrom("user_account").selectAll().executeTakeFirstOrThrow();
      await tx
        .insertInto("user_account")
        .values(Array.from({ length: 490 }, (_, i) => ({ ...row, name: `waits${i}` })))
        .execute();
    });

    await expect(many(1, "2")).rejects.toMatchObject({ code: "too_many" });
  });
});

describe("a new password", () => {
  async function withJane(): Promise<{ bench: Bench; jane: number }> {
    const bench = await openBench();
    await register(bench);
    await bench.accounts.registration.confirm(secretOf(bench.mails[0]));
    bench.mails.length = 0;
    const [user] = await bench.accounts.users.list();
    return { bench, jane: user?.id ?? 0 };
  }

  test.each(["jane", "jane@example.org", " JANE@EXAMPLE.ORG "])(
    "is asked for by '%s'",
    async (nameOrEmail) => {
      const { bench } = await withJane();
      const session = await signIn(bench);

      await bench.accounts.registration.requestReset({ nameOrEmail, client: CLIENT });
      const secret = secretOf(bench.mails[0]);
      await bench.accounts.registration.reset(secret, "another password");

      expect(bench.mails[0]).toMatchObject({ to: "jane@example.org" });
      expect(bench.mails[0]?.body).toContain(`/account/reset?secret=${secret}\n`);
      await expect(bench.accounts.sessions.find(session.secret)).resolves.toBeUndefined();
      await expect(signIn(bench, "another password")).resolves.toBeDefined();
      await expect(bench.accounts.registration.reset(secret, "a third password")).rejects.toMatchObject({
        code: "link_invalid",
      });
    },
  );

  test("one link used ends all others, and a day ends it, too", async () => {
    const { bench, jane } = await withJane();
    const [one, two] = [
      await bench.accounts.registration.resetLink(jane, BOSS),
      await bench.accounts.registration.resetLink(jane, BOSS),
    ];

    await bench.accounts.registration.reset(one, "another password");
    await expect(bench.accounts.registration.reset(two, "a third password")).rejects.toMatchObject({
      code: "link_invalid",
    });
    const three = await bench.accounts.registration.resetLink(jane, BOSS);
    bench.pass({ hours: 25 });

    await expect(bench.accounts.registration.reset(three, "a third password")).rejects.toMatchObject({
      code: "link_invalid",
    });
  });

  test("too short is refused, and the link still works", async () => {
    const { bench, jane } = await withJane();
    const secret = await bench.accounts.registration.resetLink(jane, BOSS);

    await expect(bench.accounts.registration.reset(secret, "short")).rejects.toMatchObject({
      code: "bad_argument",
    });

    await expect(bench.accounts.registration.reset(secret, "long enough it is")).resolves.toBeDefined();
  });

  test("nobody and one who is off get no mail; one account gets three in an hour", async () => {
    const { bench, jane } = await withJane();
    const ask = (nameOrEmail: string, client = CLIENT) =>
      bench.accounts.registration.requestReset({ nameOrEmail, client });

    await ask("nobody-here");
    for (let i = 0; i < 5; i += 1) await ask("jane", `192.0.2.${i + 50}`);
    const mailed = bench.mails.length;
    bench.pass({ hours: 2 });
    await bench.addUser("boss", "ADMIN");
    await bench.accounts.users.switchOff(jane, BOSS);
    await ask("jane");

    expect([mailed, bench.mails.length]).toEqual([3, 3]);
    await expect(bench.accounts.registration.resetLink(jane, BOSS)).rejects.toMatchObject({
      code: "account_inactive",
    });
  });

  test("a link to confirm resets nothing", async () => {
    const bench = await openBench();
    await register(bench);

    const secret = secretOf(bench.mails[0]);

    await expect(bench.accounts.registration.reset(secret, "another password")).rejects.toMatchObject({
      code: "link_invalid",
    });
  });

  test("by who knows the old one ends all other sessions", async () => {
    const { bench, jane } = await withJane();
    const [kept, other] = [await signIn(bench), await signIn(bench)];
    const keepSession = (await bench.accounts.sessions.find(kept.secret))?.id;
    const change = (old: string, wanted: string) =>
      bench.accounts.registration.changePassword({
        userId: jane,
        old,
        new: wanted,
        keepSession,
        client: CLIENT,
      });

    await expect(change("wrong password", "another password")).rejects.toMatchObject({
      code: "bad_credentials",
    });
    await expect(change(PASSWORD, "short")).rejects.toMatchObject({ code: "bad_argument" });
    await change(PASSWORD, "another password");

    await expect(bench.accounts.sessions.find(kept.secret)).resolves.toBeDefined();
    await expect(bench.accounts.sessions.find(other.secret)).resolves.toBeUndefined();
    await expect(signIn(bench, "another password")).resolves.toBeDefined();
  });
});

test("no secret is stored or recorded in the clear", async () => {
  const bench = await openBench();
  await register(bench);
  const secret = secretOf(bench.mails[0]);
  await bench.accounts.registration.confirm(secret);

  const stored = [
    await bench.db.read.selectFrom("account_link").selectAll().execute(),
    await bench.db.read.selectFrom("audit").selectAll().execute(),
    await bench.db.read.selectFrom("user_account").selectAll().execute(),
  ];

  expect(JSON.stringify(stored)).not.toContain(secret);
  expect(JSON.stringify(stored)).not.toContain(PASSWORD);
});
