import { afterEach, beforeEach, expect, test } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { systemClock } from "#platform";
import { type Accounts, createAccounts, hasLevel } from "./index.ts";

let db: Database;
let accounts: Accounts;
beforeEach(async () => {
  db = await openTestDatabase();
  accounts = createAccounts({
    ...{ db, clock: systemClock, url: async () => "http://localhost:8066" },
    readKeys: async () => [],
  });
});
afterEach(() => db.close());

const basic = (name: string, password: string) =>
  `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;

test("a token speaks for its level, and only its hash is stored", async () => {
  const secret = await accounts.createToken("ci", "STAFF");

  const principal = await accounts.authenticate(`Bearer ${secret}`);

  expect(principal).toEqual({ kind: "token", name: "ci", level: "STAFF" });
  expect(hasLevel(principal, "STAFF")).toBe(true);
  expect(hasLevel(principal, "ADMIN")).toBe(false);
  expect(JSON.stringify(await db.read.selectFrom("api_token").selectAll().execute())).not.toContain(secret);
});

test("a user signs in with the password of the last save", async () => {
  const { password: old } = await accounts.saveUser("admin", "ADMIN");
  const { password } = await accounts.saveUser("admin", "ADMIN");

  await expect(accounts.authenticate(basic("admin", password))).resolves.toMatchObject({ level: "ADMIN" });
  await expect(accounts.authenticate(basic("admin", old))).rejects.toThrow("not right");
});

test.each(["Bearer mbd_wrong", basic("admin", "x"), "Digest x", "Basic", "x"])(
  "%s is refused",
  async (header) => {
    await expect(accounts.authenticate(header)).rejects.toMatchObject({ code: "bad_credentials" });
  },
);

test("nobody needs no header", async () => {
  await expect(accounts.authenticate(undefined)).resolves.toMatchObject({ level: "NONE" });
});
