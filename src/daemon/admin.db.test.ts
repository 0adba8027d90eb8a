import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Accounts, createAccounts, listUploaderKeys } from "#accounts";
import type { AdminService } from "#api";
import { type Database, openTestDatabase } from "#db";
import { createTestGpg } from "#keys";
import { createHooks } from "#notify";
import { exec, homeAt, systemClock } from "#platform";
import { createRepositoryService } from "#repositories";
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
  const hookDeps = { db, clock: systemClock, identity: "acme", audit: accounts.audit, send: async () => 200 };
  const home = homeAt("/nonexistent");
  const hooks = createHooks(hookDeps);
  admin = createAdmin({ accounts, db, exec, clock: systemClock, home, settings, hooks });
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

describe("tokens of the machine", () => {
  test("are listed while they work, without their secrets, and end by name", async () => {
    const { secret } = await admin.createToken({ name: "ci", level: "STAFF" });
    await admin.createToken({ name: "nightly", level: "ADMIN" });
    await admin.saveUser({ name: "jane" });
    const [jane] = await accounts.users.list();
    await accounts.tokens.create({ userId: jane?.id ?? 0, name: "mine", level: "LOGIN" });
    await accounts.authenticate(`Bearer ${secret}`);

    const { tokens } = await admin.listTokens();
    const { name } = await admin.revokeToken({ token: "ci" });

    expect(tokens).toMatchObject([
      { name: "ci", level: "STAFF", lastUsedAt: expect.any(String) },
      { name: "nightly", level: "ADMIN" },
    ]);
    expect(JSON.stringify(tokens)).not.toContain("mbd_");
    expect(name).toBe("ci");
    expect((await admin.listTokens()).tokens.map((token) => token.name)).toEqual(["nightly"]);
    await expect(accounts.authenticate(`Bearer ${secret}`)).rejects.toMatchObject({
      code: "bad_credentials",
    });
    expect(await accounts.audit.latest({ limit: 1 })).toMatchObject([
      { actor: { kind: "local" }, action: "account.revoke_token", given: { token: "ci" } },
    ]);
  });

  test("of one name end by their numbers, those of users not at all", async () => {
    for (const level of ["STAFF", "ADMIN"] as const) await admin.createToken({ name: "ci", level });
    await admin.saveUser({ name: "jane" });
    const [jane] = await accounts.users.list();
    await accounts.tokens.create({ userId: jane?.id ?? 0, name: "mine", level: "LOGIN" });
    const [mine] = await accounts.tokens.list(jane?.id ?? 0);
    const [first, second] = (await admin.listTokens()).tokens;

    await expect(admin.revokeToken({ token: "ci" })).rejects.toMatchObject({
      code: "bad_argument",
      message: expect.stringContaining(`give a number: ${first?.id}, ${second?.id}.`),
    });
    await admin.revokeToken({ token: String(first?.id) });
    for (const token of ["mine", String(mine?.id), "nothing"])
      await expect(admin.revokeToken({ token })).rejects.toMatchObject({ code: "not_found" });

    expect((await admin.listTokens()).tokens).toEqual([second]);
    expect(await accounts.tokens.list(jane?.id ?? 0)).toHaveLength(1);
  });
});

describe("a key that is added", () => {
  let key: string;
  let fingerprint: string;
  beforeEach(async () => {
    const gpg = createTestGpg();
    fingerprint = await gpg.makeKey("Ada");
    key = Buffer.from(await gpg.keyring(fingerprint)).toString("base64");
    await gpg.close();
    const deps = {
      db,
      clock: systemClock,
      identity: "acme",
      hostname: "host",
      ensureDistribution: async () => 1,
    };
    await db.write((tx) =>
      createRepositoryService(deps).create(tx, {
        identity: "test",
        layout: "Default",
        allowUnauthenticatedUploads: false,
      }),
    );
  });
  const add = (suites: string[], sources: string[], repository = "test") =>
    admin.addKey({ key, repository, suites, sources });
  const may = async () => (await listUploaderKeys(db.read, "test")).map((row) => row.may);

  test("may what was said last, and that is recorded", async () => {
    const narrow = await add(["unstable", "experimental"], ["foo-*"]);
    const before = await may();
    const whole = await add([], []);

    expect(narrow).toMatchObject({ fingerprint, may: "test (foo-* to experimental, unstable)" });
    expect(before).toEqual([[{ suites: ["experimental", "unstable"], sources: ["foo-*"] }]]);
    expect(whole.may).toBe("test");
    expect(await may()).toEqual([[{ suites: [], sources: [] }]]);
    expect(await accounts.audit.latest({ limit: 2 })).toMatchObject([
      { action: "uploader.add_key", given: { right: "test", fingerprint } },
      { action: "uploader.add_key", given: { right: narrow.may, fingerprint } },
    ]);
  });

  test("may nothing where what it is for is not there", async () => {
    await expect(add([], [], "nope")).rejects.toMatchObject({ code: "unknown_repository" });
    await expect(add(["testing"], [])).rejects.toMatchObject({
      message:
        "Argument 'suites': repository 'test' has no suite 'testing' that takes uploads, but: experimental, hotfix, snapshot, unstable.",
    });
    await expect(add([], ["foo/*"])).rejects.toMatchObject({ message: expect.stringContaining("'foo/*'") });

    expect(await may()).toEqual([]);
  });
});

test("a user is made with a mail address, and gets another one", async () => {
  await admin.saveUser({ name: "jane", email: "jane@example.org" });
  await admin.setEmail({ name: "jane", email: "jane@example.net" });
  await admin.saveUser({ name: "boss" });
  await admin.saveUser({ name: "boss", email: "boss@example.org" });

  const emails = (await admin.listUsers()).users.map(({ name, email }) => [name, email]);

  expect(emails).toEqual([
    ["boss", "boss@example.org"],
    ["jane", "jane@example.net"],
  ]);
  await expect(admin.saveUser({ name: "john", email: "no address" })).rejects.toMatchObject({
    code: "bad_argument",
  });
  await expect(admin.setEmail({ name: "john", email: "" })).rejects.toMatchObject({ code: "not_found" });
});
