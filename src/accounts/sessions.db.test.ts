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
  const HOME = "198.51.100.7";
  const stranger = (number: number) => `192.0.2.${number + 10}`;

  async function codeOf(name: string, client: string, password = "a wrong guess"): Promise<string> {
    const refused: unknown = await signIn({ name, password, client }).catch((error: unknown) => error);
    return (refused as { code?: string }).code ?? "done";
  }

  /** One attempt of each client, in order. */
  async function guess(clients: readonly string[], name = "jane"): Promise<string[]> {
    const codes: string[] = [];
    for (const client of clients) codes.push(await codeOf(name, client));
    return codes;
  }
  const strangers = (count: number) => Array.from({ length: count }, (_, index) => stranger(index));
  const wrong = (count: number) => Array(count).fill("bad_credentials");

  test.each([["jane"], ["nobody-here"]])("at '%s' from one client ends after ten", async (name) => {
    const codes = await guess(Array(11).fill(CLIENT), name);

    expect(codes).toEqual([...wrong(10), "too_many"]);
    await expect(codeOf(name, "192.0.2.200")).resolves.toBe("bad_credentials");
    bench.pass({ minutes: 16 });
    await expect(codeOf(name, CLIENT)).resolves.toBe("bad_credentials");
  });

  test.each([["jane"], ["nobody-here"]])(
    "at '%s' from everywhere ends after thirty, for a quarter of an hour",
    async (name) => {
      const codes = await guess(strangers(31), name);

      expect(codes).toEqual([...wrong(30), "too_many"]);
      bench.pass({ minutes: 16 });
      await expect(codeOf(name, stranger(0))).resolves.toBe("bad_credentials");
    },
  );

  test("from all over a /64 is guessing from one client", async () => {
    const codes = await guess(Array.from({ length: 11 }, (_, index) => `2001:db8:1:2::${index + 1}`));

    expect(codes).toEqual([...wrong(10), "too_many"]);
    await expect(codeOf("jane", "2001:db8:1:3::1")).resolves.toBe("bad_credentials");
  });

  test("locks nobody out where the user signed in before", async () => {
    await signIn({ client: HOME });
    await guess(strangers(31));

    await expect(codeOf("jane", "192.0.2.200", PASSWORD)).resolves.toBe("too_many");
    await expect(codeOf("jane", HOME, PASSWORD)).resolves.toBe("done");
  });

  test("there, and by Basic credentials, is bounded, too", async () => {
    const basic = (password: string) => `Basic ${Buffer.from(`jane:${password}`).toString("base64")}`;
    await bench.accounts.authenticate(basic(PASSWORD), HOME);
    await guess(strangers(31));

    await expect(codeOf("jane", HOME)).resolves.toBe("bad_credentials");
    const codes = await guess(Array(10).fill(HOME));

    expect(codes).toEqual([...wrong(9), "too_many"]);
    await expect(codeOf("jane", HOME, PASSWORD)).resolves.toBe("too_many");
  });

  test("gets no further attempts by what the user does meanwhile", async () => {
    const codes: string[] = [];
    for (const client of strangers(60)) {
      codes.push(await codeOf("jane", client));
      await signIn({ client: HOME });
    }

    expect(codes.filter((code) => code === "bad_credentials")).toHaveLength(30);
    expect(codes.slice(30)).toEqual(Array(30).fill("too_many"));
  });

  test("locks a new place of the user until the quarter is over, but signing in there costs no attempt", async () => {
    await guess(strangers(29));
    await signIn({ client: "192.0.2.200" });
    await signIn({ client: "192.0.2.201" });

    await expect(guess(["192.0.2.202", "192.0.2.203"])).resolves.toEqual(["bad_credentials", "too_many"]);
  });

  test("a place is forgotten after three months, and by a new password", async () => {
    await signIn({ client: HOME });
    const by = { kind: "local", name: "local", client: "local" } as const;
    const secret = await bench.accounts.registration.resetLink(jane, by);
    await bench.accounts.registration.reset(secret, "another password");
    await guess(strangers(30));
    const afterReset = await codeOf("jane", HOME, "another password");
    bench.pass({ minutes: 16 });
    await signIn({ client: HOME, password: "another password" });
    bench.pass({ days: 91 });
    await guess(strangers(30));

    expect(afterReset).toBe("too_many");
    await expect(codeOf("jane", HOME, "another password")).resolves.toBe("too_many");
  });

  test("no more than twenty places are known, the last ones", async () => {
    const places = Array.from({ length: 25 }, (_, index) => `198.51.100.${index + 1}`);
    for (const client of places) {
      await signIn({ client });
      bench.pass({ minutes: 1 });
    }
    await guess(strangers(30));

    const codes: string[] = [];
    for (const client of places) codes.push(await codeOf("jane", client, PASSWORD));

    expect(codes).toEqual([...Array(5).fill("too_many"), ...Array(20).fill("done")]);
  });

  test("locked, the right password does not help; a new one by the administrator does", async () => {
    await guess(Array(11).fill(CLIENT));
    await guess(strangers(20));

    await expect(codeOf("jane", "192.0.2.200", PASSWORD)).resolves.toBe("too_many");
    await bench.accounts.saveUser("jane", "STAFF", PASSWORD);

    await expect(codeOf("jane", "192.0.2.200", PASSWORD)).resolves.toBe("done");
    await expect(codeOf("jane", CLIENT, PASSWORD)).resolves.toBe("done");
  });

  test("a reset lifts the lock, too", async () => {
    await guess(strangers(30));
    const by = { kind: "local", name: "local", client: "local" } as const;
    const secret = await bench.accounts.registration.resetLink(jane, by);

    await bench.accounts.registration.reset(secret, "another password");

    await expect(signIn({ client: "192.0.2.200", password: "another password" })).resolves.toBeDefined();
  });

  test("many names from one address are limited by the address, of IPv6 by its /64", async () => {
    const codes: string[] = [];
    for (let index = 0; index < 21; index += 1)
      codes.push(await codeOf(`name${index}`, `2001:db8::${index + 1}`));

    expect(codes).toEqual([...wrong(20), "too_many"]);
    await expect(signIn({ client: "192.0.2.200" })).resolves.toBeDefined();
  });

  test("many at once are counted before they are checked", async () => {
    const codes = await Promise.all(strangers(60).map((client) => codeOf("jane", client)));

    expect(codes.filter((code) => code === "bad_credentials")).toHaveLength(30);
    expect(codes.filter((code) => code === "too_many")).toHaveLength(30);
  });
});
