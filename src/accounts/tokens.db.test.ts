import { beforeEach, describe, expect, test } from "vitest";
import { type Bench, BOSS, openBench } from "./test-support.ts";

let bench: Bench;
let jane: number;
beforeEach(async () => {
  bench = await openBench();
  await bench.addUser("boss", "ADMIN");
  jane = await bench.addUser("jane", "STAFF");
});

const ask = (secret: string) => bench.accounts.authenticate(`Bearer ${secret}`);
const make = async (change: { level?: "LOGIN" | "STAFF" | "ADMIN"; name?: string; days?: number } = {}) =>
  (await bench.accounts.tokens.create({ userId: jane, name: "ci", level: "STAFF", ...change })).secret;

test("a token of a user names both, and its secret is stored nowhere", async () => {
  const secret = await make();

  await expect(ask(secret)).resolves.toEqual({
    ...{ kind: "token", name: "jane/ci", level: "STAFF", userId: jane },
  });
  const stored = [
    await bench.db.read.selectFrom("api_token").selectAll().execute(),
    await bench.db.read.selectFrom("audit").selectAll().execute(),
  ];
  expect(JSON.stringify(stored)).not.toContain(secret.slice(4));
});

describe("its level", () => {
  test("is no higher than that of its owner when it is made", async () => {
    await expect(make({ level: "ADMIN" })).rejects.toMatchObject({ code: "forbidden" });
    await expect(bench.accounts.tokens.list(jane)).resolves.toEqual([]);
  });

  test("sinks with that of its owner, and does not rise above what it was made with", async () => {
    const secret = await make();

    await bench.accounts.users.setLevel(jane, "LOGIN", BOSS);
    const lower = await ask(secret);
    await bench.accounts.users.setLevel(jane, "ADMIN", BOSS);
    const higher = await ask(secret);

    expect([lower.level, higher.level]).toEqual(["LOGIN", "STAFF"]);
  });
});

test("it ends when it was made to, when it is revoked, and with its owner", async () => {
  const [short, revoked, last] = [
    await make({ name: "short", days: 1 }),
    await make({ name: "revoked" }),
    await make({ name: "last" }),
  ];
  const tokens = await bench.accounts.tokens.list(jane);
  const id = tokens.find((token) => token.name === "revoked")?.id ?? 0;

  bench.pass({ hours: 25 });
  await bench.accounts.tokens.revoke(jane, id);
  await expect(ask(short)).rejects.toMatchObject({ code: "bad_credentials" });
  await expect(ask(revoked)).rejects.toMatchObject({ code: "bad_credentials" });
  await expect(ask(last)).resolves.toBeDefined();
  await bench.accounts.users.switchOff(jane, BOSS);
  await bench.accounts.users.activate(jane, BOSS);

  await expect(ask(last)).rejects.toMatchObject({ code: "bad_credentials" });
});

test("what the program of an owner who is off still sends is refused even were it not revoked", async () => {
  const secret = await make();

  await bench.db.write((tx) => tx.updateTable("user_account").set({ active: 0 }).execute());

  await expect(ask(secret)).rejects.toMatchObject({ code: "bad_credentials" });
});

test("its last use is written down once a minute, no more often", async () => {
  const secret = await make();
  const usedAt = async () => (await bench.accounts.tokens.list(jane))[0]?.lastUsedAt;

  await ask(secret);
  const first = bench.now();
  bench.pass({ seconds: 59 });
  await ask(secret);
  const early = await usedAt();
  bench.pass({ seconds: 2 });
  await ask(secret);

  expect(early).toBe(first);
  await expect(usedAt()).resolves.toBe(bench.now());
});

test("another user can neither see nor end it", async () => {
  const john = await bench.addUser("john");
  const secret = await make();
  const [token] = await bench.accounts.tokens.list(jane);

  await expect(bench.accounts.tokens.revoke(john, token?.id ?? 0)).rejects.toMatchObject({
    code: "not_found",
  });

  await expect(bench.accounts.tokens.list(john)).resolves.toEqual([]);
  await expect(ask(secret)).resolves.toBeDefined();
});

test.each([{ name: "a b" }, { days: 0 }, { days: 1.5 }, { days: 99_999 }])("refuses %o", async (change) => {
  await expect(make(change)).rejects.toMatchObject({ code: "bad_argument" });
});

test("two of one name are refused", async () => {
  await make();

  await expect(make()).rejects.toMatchObject({ code: "bad_argument" });
});
