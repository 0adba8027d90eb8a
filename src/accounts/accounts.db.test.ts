import { beforeEach, describe, expect, test } from "vitest";
import { hasLevel } from "./index.ts";
import { type Bench, BOSS, CLIENT, openBench, PASSWORD } from "./test-support.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});

const basic = (name: string, password: string) =>
  `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;

test("a token of the machine's administrator speaks for its level, and only its hash is stored", async () => {
  const secret = await bench.accounts.createToken("ci", "STAFF");

  const principal = await bench.accounts.authenticate(`Bearer ${secret}`);

  expect(principal).toEqual({ kind: "token", name: "ci", level: "STAFF" });
  expect(hasLevel(principal, "STAFF")).toBe(true);
  expect(hasLevel(principal, "ADMIN")).toBe(false);
  const rows = await bench.db.read.selectFrom("api_token").selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(secret);
});

describe("HTTP Basic", () => {
  test("takes the password of the last save", async () => {
    const { password: old } = await bench.accounts.saveUser("admin", "ADMIN");
    const { password } = await bench.accounts.saveUser("admin", "ADMIN");
    const [user] = await bench.accounts.users.list();

    await expect(bench.accounts.authenticate(basic("admin", password))).resolves.toEqual({
      ...{ kind: "user", name: "admin", level: "ADMIN", userId: user?.id },
    });
    await expect(bench.accounts.authenticate(basic("admin", old))).rejects.toThrow("not right");
  });

  test("a user who is there keeps the level unless another is told, and loses sessions, tokens and links", async () => {
    await bench.addUser("jane");
    const [jane] = await bench.accounts.users.list();
    const id = jane?.id ?? 0;
    const { secret } = await bench.accounts.tokens.create({ userId: id, name: "ci", level: "LOGIN" }, BOSS);
    const link = await bench.accounts.registration.resetLink(id, BOSS);

    const saved = await bench.accounts.saveUser("jane");

    expect(saved).toMatchObject({ level: "LOGIN", existed: { email: jane?.email } });
    await expect(bench.accounts.authenticate(`Bearer ${secret}`)).rejects.toMatchObject({
      code: "bad_credentials",
    });
    await expect(bench.accounts.registration.reset(link, "another password")).rejects.toMatchObject({
      code: "link_invalid",
    });
  });

  test("who registered a name and was not activated leaves nothing to the user made of that name", async () => {
    await bench.accounts.registration.register({
      ...{ name: "ada", email: "mallory@example.org", password: "mallory's own", client: CLIENT },
    });

    const saved = await bench.accounts.saveUser("ada");

    expect(saved).toMatchObject({ level: "ADMIN" });
    expect(saved.existed).toBeUndefined();
    expect(await bench.accounts.users.list()).toMatchObject([{ name: "ada", email: "", state: "active" }]);
  });

  test("many requests at once with the right password are no guessing", async () => {
    await bench.addUser("jane");
    const ask = () => bench.accounts.authenticate(basic("jane", PASSWORD), CLIENT);

    const all = await Promise.all(Array.from({ length: 40 }, ask));

    expect(new Set(all.map((it) => it.level))).toEqual(new Set(["LOGIN"]));
  });

  test("guesses lock the account and are recorded; what was right a moment ago goes on", async () => {
    await bench.addUser("jane");
    await bench.accounts.authenticate(basic("jane", PASSWORD), CLIENT);

    for (let i = 0; i < 30; i += 1)
      await expect(
        bench.accounts.authenticate(basic("jane", `guess ${i}`), `192.0.2.${i + 10}`),
      ).rejects.toMatchObject({ code: "bad_credentials" });

    await expect(bench.accounts.authenticate(basic("jane", "guess"), "192.0.2.99")).rejects.toMatchObject({
      code: "too_many",
    });
    await expect(bench.accounts.authenticate(basic("jane", PASSWORD), CLIENT)).resolves.toBeDefined();
    const failed = await bench.accounts.audit.latest({ limit: 50, action: "account.sign_in" });
    expect(failed.map((row) => row.outcome)).toEqual(Array(30).fill("failed"));
    expect(failed[0]).toMatchObject({ client: "192.0.2.39", given: { name: "jane" } });
  });

  test("of an account that was switched off ends at once, also when it was right a moment ago", async () => {
    await bench.addUser("boss", "ADMIN");
    const jane = await bench.addUser("jane");
    await bench.accounts.authenticate(basic("jane", PASSWORD));

    await bench.accounts.users.switchOff(jane, BOSS);

    await expect(bench.accounts.authenticate(basic("jane", PASSWORD))).rejects.toMatchObject({
      code: "account_inactive",
    });
  });
});

test.each([
  "Bearer mbd_wrong",
  basic("admin", "x"),
  "Digest x",
  "Basic",
  "x",
  "Basic :::",
  `Basic ${"A".repeat(9999)}`,
])("%s is refused", async (header) => {
  await expect(bench.accounts.authenticate(header)).rejects.toMatchObject({ code: "bad_credentials" });
});

test("nobody needs no header", async () => {
  await expect(bench.accounts.authenticate(undefined)).resolves.toMatchObject({ level: "NONE" });
});

test("a name that is none is refused before anything is stored", async () => {
  await expect(bench.accounts.saveUser("a b", "LOGIN")).rejects.toMatchObject({ code: "bad_argument" });
  await expect(bench.accounts.createToken("../x", "LOGIN")).rejects.toMatchObject({ code: "bad_argument" });

  await expect(bench.recorded()).resolves.toEqual([]);
});
