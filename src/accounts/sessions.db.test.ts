import { beforeEach, describe, expect, test } from "vitest";
import { type Bench, BROWSER, CLIENT, openBench, PASSWORD } from "./test-support.ts";

let bench: Bench;
let jane: number;
beforeEach(async () => {
  bench = await openBench();
  jane = await bench.addUser("jane", "STAFF");
});

const signIn = (change: { name?: string; password?: string; client?: string } = {}) =>
  bench.accounts.sessions.signIn({ name: "jane", password: PASSWORD, ...BROWSER, ...change });

describe("a session", () => {
  test("speaks for its user, with the level of now; only the hash of its secret is stored", async () => {
    const { secret, principal } = await signIn();
    const stored = JSON.stringify(await bench.db.read.selectFrom("session").selectAll().execute());
    await bench.addUser("boss", "ADMIN");
    await bench.accounts.users.setLevel(jane, "LOGIN", { kind: "user", name: "boss", client: "" });

    const found = await bench.accounts.sessions.find(secret);

    expect(principal).toEqual({ kind: "user", name: "jane", level: "STAFF", userId: jane });
    expect(found?.principal).toEqual({ kind: "user", name: "jane", level: "LOGIN", userId: jane });
    expect(stored).not.toContain(secret);
    expect(Buffer.from(secret, "base64url")).toHaveLength(32);
  });

  test("ends when it is not used for a week, and after 30 days in any case", async () => {
    const { secret: unused } = await signIn();
    const { secret: used } = await signIn();
    const seen: boolean[] = [];
    for (let day = 0; day < 30; day += 5) {
      seen.push((await bench.accounts.sessions.find(used)) !== undefined);
      bench.pass({ days: 5 });
    }

    expect(seen).toEqual([true, true, true, true, true, true]);
    await expect(bench.accounts.sessions.find(used)).resolves.toBeUndefined();
    await expect(bench.accounts.sessions.find(unused)).resolves.toBeUndefined();
    await expect(bench.accounts.sessions.list(jane)).resolves.toEqual([]);
  });

  test("writes down that it was seen once a minute, no more often", async () => {
    const { secret } = await signIn();
    const seenAt = async () => (await bench.accounts.sessions.list(jane))[0]?.lastSeenAt;
    const first = await seenAt();

    bench.pass({ seconds: 59 });
    await bench.accounts.sessions.find(secret);
    const early = await seenAt();
    bench.pass({ seconds: 2 });
    await bench.accounts.sessions.find(secret);

    expect(early).toBe(first);
    await expect(seenAt()).resolves.toBe(bench.now());
  });

  test("is ended by its user: one, all but one, and by signing out", async () => {
    const secrets = [(await signIn()).secret, (await signIn()).secret, (await signIn()).secret];
    const [first, second] = await Promise.all(secrets.map((it) => bench.accounts.sessions.find(it)));
    const alive = async () =>
      (await Promise.all(secrets.map((it) => bench.accounts.sessions.find(it)))).map(
        (it) => it !== undefined,
      );

    await bench.accounts.sessions.revoke(jane, first?.id ?? 0);
    const afterOne = await alive();
    await bench.accounts.sessions.revokeAll(jane, second?.id);
    const afterAll = await alive();
    await bench.accounts.sessions.signOut(secrets[1] ?? "");

    expect(afterOne).toEqual([false, true, true]);
    expect(afterAll).toEqual([false, true, false]);
    await expect(alive()).resolves.toEqual([false, false, false]);
  });

  test("of somebody else cannot be ended", async () => {
    const john = await bench.addUser("john");
    const { secret } = await signIn();
    const session = await bench.accounts.sessions.find(secret);

    await expect(bench.accounts.sessions.revoke(john, session?.id ?? 0)).rejects.toMatchObject({
      code: "not_found",
    });

    await expect(bench.accounts.sessions.find(secret)).resolves.toBeDefined();
  });

  test("ends with its account, and a made-up secret is none", async () => {
    await bench.addUser("boss", "ADMIN");
    const { secret } = await signIn();

    await bench.accounts.users.switchOff(jane, { kind: "user", name: "boss", client: "" });

    await expect(bench.accounts.sessions.find(secret)).resolves.toBeUndefined();
    await expect(bench.accounts.sessions.find("made-up")).resolves.toBeUndefined();
  });
});

describe("signing in", () => {
  test("is recorded, and fails with the same words for a wrong password and an unknown name", async () => {
    const errors = await Promise.all(
      [signIn({ password: "wrong password" }), signIn({ name: "nobody-here" })].map((it) =>
        it.catch((error: unknown) => error),
      ),
    );
    await signIn();

    expect(errors.map(String)).toEqual([String(errors[0]), String(errors[0])]);
    expect((await bench.recorded()).slice(-3).sort()).toEqual([
      "nobody jane: account.sign_in failed",
      "nobody nobody-here: account.sign_in failed",
      "user jane: account.sign_in done",
    ]);
    const rows = JSON.stringify(await bench.db.read.selectFrom("audit").selectAll().execute());
    expect(rows).not.toContain("wrong password");
    expect(rows).not.toContain(PASSWORD);
  });

  test("an account that is off is told so only with its password", async () => {
    await bench.addUser("boss", "ADMIN");
    await bench.accounts.users.switchOff(jane, { kind: "user", name: "boss", client: "" });

    await expect(signIn()).rejects.toMatchObject({ code: "account_inactive" });
    await expect(signIn({ password: "wrong password" })).rejects.toMatchObject({ code: "bad_credentials" });
  });

  test("writes down when, and renews a hash that is too cheap", async () => {
    // RFC 7914 with N = 2: what a program of long ago may have written.
    const { createPasswords } = await import("./passwords.ts");
    const cheap = await createPasswords({ N: 2, r: 8, p: 1 }).hash(PASSWORD);
    await bench.db.write((tx) => tx.updateTable("user_account").set({ password_hash: cheap }).execute());

    await signIn();
    await signIn();

    const row = await bench.db.read.selectFrom("user_account").selectAll().executeTakeFirstOrThrow();
    expect(row.password_hash).toMatch(/^scrypt\$256\$8\$1\$/);
    expect(row.last_login_at).toBe(bench.now());
  });
});

describe("guessing", () => {
  const guess = async (times: number, change: { name?: string; clients?: boolean } = {}) => {
    const codes: unknown[] = [];
    for (let i = 0; i < times; i += 1) {
      const client = change.clients === true ? `192.0.2.${i + 10}` : CLIENT;
      const error: unknown = await signIn({
        ...{ name: change.name ?? "jane", password: `guess ${i}`, client },
      }).catch((it: unknown) => it);
      codes.push((error as { code?: string }).code);
    }
    return codes;
  };

  test.each([["jane"], ["nobody-here"]])(
    "locks the account '%s' after ten, from wherever, for a quarter of an hour",
    async (name) => {
      const codes = await guess(11, { name, clients: true });

      expect(codes.slice(0, 10)).toEqual(Array(10).fill("bad_credentials"));
      expect(codes[10]).toBe("too_many");
      bench.pass({ minutes: 16 });
      await expect(guess(1, { name })).resolves.toEqual(["bad_credentials"]);
    },
  );

  test("locked, the right password does not help; a new one by the administrator does", async () => {
    await guess(10, { clients: true });

    await expect(signIn({ client: "192.0.2.200" })).rejects.toMatchObject({ code: "too_many" });
    await bench.accounts.saveUser("jane", "STAFF", PASSWORD);

    await expect(signIn({ client: "192.0.2.200" })).resolves.toBeDefined();
  });

  test("a reset lifts the lock, too", async () => {
    await guess(10, { clients: true });
    const by = { kind: "local", name: "local", client: "local" } as const;
    const secret = await bench.accounts.registration.resetLink(jane, by);

    await bench.accounts.registration.reset(secret, "another password");

    await expect(signIn({ client: "192.0.2.200", password: "another password" })).resolves.toBeDefined();
  });

  test("many names from one address are limited by the address", async () => {
    const codes: unknown[] = [];
    for (let i = 0; i < 21; i += 1) codes.push(...(await guess(1, { name: `name${i}` })));

    expect(codes.slice(0, 20)).toEqual(Array(20).fill("bad_credentials"));
    expect(codes[20]).toBe("too_many");
    await expect(signIn({ client: "192.0.2.200" })).resolves.toBeDefined();
  });

  test("many at once are counted before they are checked", async () => {
    const all = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        signIn({ password: `guess ${i}`, client: `192.0.2.${i + 10}` }).catch((it: unknown) => it),
      ),
    );

    const codes = all.map((error) => (error as { code: string }).code);
    expect(codes.filter((code) => code === "bad_credentials")).toHaveLength(10);
    expect(codes.filter((code) => code === "too_many")).toHaveLength(20);
  });
});
