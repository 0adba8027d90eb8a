import { afterEach, beforeEach, expect, test } from "vitest";
import { type Accounts, createAccounts } from "#accounts";
import type { AdminService } from "#api";
import { type Database, openTestDatabase } from "#db";
import { exec, systemClock } from "#platform";
import { createAdmin } from "./admin.ts";

let db: Database;
let accounts: Accounts;
let admin: AdminService;
beforeEach(async () => {
  db = await openTestDatabase();
  accounts = createAccounts({
    ...{ db, clock: systemClock, url: async () => "http://build.example.org", readKeys: async () => [] },
    scrypt: { N: 256, r: 8, p: 1 },
  });
  const settings = () => Promise.reject(new Error("not to be asked"));
  admin = createAdmin({ accounts, db, exec, clock: systemClock, settings });
});
afterEach(() => db.close());

const stateOf = async (name: string) =>
  (await admin.listUsers()).users.find((user) => user.name === name)?.state;

test("accounts are listed, activated and switched off by name, and that is recorded", async () => {
  await admin.saveUser({ name: "boss", level: "ADMIN" });
  await accounts.registration.register({
    ...{ name: "jane", email: "jane@example.org", password: "correct horse battery", client: "192.0.2.1" },
  });

  const { users } = await admin.listUsers();
  await admin.activateUser({ name: "jane" });
  const active = await stateOf("jane");
  await admin.disableUser({ name: "jane" });

  expect(users).toEqual([
    { name: "boss", level: "ADMIN", state: "active", email: "" },
    { name: "jane", level: "LOGIN", state: "registered", email: "jane@example.org" },
  ]);
  expect([active, await stateOf("jane")]).toEqual(["active", "off"]);
  const records = await accounts.audit.latest({ limit: 2 });
  expect(records).toMatchObject([
    { actor: { kind: "local" }, action: "user.switch_off", given: { user: "jane" } },
    { actor: { kind: "local" }, action: "user.activate", given: { user: "jane" } },
  ]);
});

test("the address to set a new password works, once", async () => {
  await admin.saveUser({ name: "boss", level: "ADMIN" });

  const { address } = await admin.resetUser({ name: "boss" });
  const secret = new URL(address).searchParams.get("secret") ?? "";
  await accounts.registration.reset(secret, "another password");

  expect(address).toMatch(/^http:\/\/build\.example\.org\/account\/reset\?secret=/);
  const signIn = { name: "boss", password: "another password", client: "192.0.2.1", userAgent: "" };
  await expect(accounts.sessions.signIn(signIn)).resolves.toBeDefined();
  await expect(accounts.registration.reset(secret, "a third password")).rejects.toMatchObject({
    code: "link_invalid",
  });
});

test("who is not there is not found, and the last administrator stays", async () => {
  await admin.saveUser({ name: "boss", level: "ADMIN" });

  for (const command of [admin.resetUser, admin.disableUser, admin.activateUser])
    await expect(command({ name: "jane" })).rejects.toMatchObject({ message: "User 'jane' was not found." });
  await expect(admin.disableUser({ name: "boss" })).rejects.toMatchObject({ code: "last_admin" });
});
