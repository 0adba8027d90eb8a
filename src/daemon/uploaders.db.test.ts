import { afterEach, beforeEach, expect, test } from "vitest";
import { type Accounts, createAccounts, saveUploaderKey } from "#accounts";
import type { AuditEntry } from "#api";
import { type Database, openTestDatabase } from "#db";
import { silentLog, systemClock } from "#platform";
import { recordCall } from "./record-call.ts";
import { uploadersOf } from "./uploaders.ts";

const NOW = "2024-01-02T03:00:00.000Z";
const BOSS = { kind: "user", name: "boss", client: "192.0.2.9" } as const;

let db: Database;
let accounts: Accounts;
beforeEach(async () => {
  db = await openTestDatabase();
  accounts = createAccounts({
    ...{ db, clock: systemClock, url: async () => "", scrypt: { N: 256, r: 8, p: 1 } },
    // A key file here is its fingerprint.
    readKeys: async (bytes) => [
      {
        ...{
          fingerprint: Buffer.from(bytes).toString(),
          userIds: ["Some <one@example.org>"],
          createdAt: NOW,
        },
        ...{ algorithm: "ed25519", signing: ["ed25519"], expired: false, revoked: false, binary: bytes },
      },
    ],
  });
});
afterEach(() => db.close());

async function addRepository(identity: string, unauthenticated: 0 | 1): Promise<void> {
  await db.write(async (tx) => {
    const layout = await tx
      .insertInto("layout")
      .values({
        ...{ name: identity, default_version: "", mandatory_version_regex: "", meta_distributions: "" },
        ...{ experimental_default_version: "", experimental_mandatory_version_regex: "" },
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    await tx
      .insertInto("repository")
      .values({
        ...{ identity, layout_id: layout.id, origin: "o", description: "", active: 1, created_at: NOW },
        ...{ allow_unauthenticated_uploads: unauthenticated, extra_uploader_keyrings: '["/k.gpg"]' },
      })
      .execute();
  });
}

async function addUser(name: string, key: string, repositories: readonly string[]): Promise<number> {
  await accounts.saveUser(name, "LOGIN");
  const id = (await accounts.users.list()).find((user) => user.name === name)?.id ?? 0;
  await accounts.keys.set({ userId: id, key });
  for (const repository of repositories)
    await accounts.rights.give(id, { repository, suites: [], sources: [] }, BOSS);
  return id;
}

test("uploaders are the keys added, those of users with the right, and apart those that wait", async () => {
  await addRepository("test", 0);
  await addRepository("open", 1);
  const added = { repository: "test", user_id: "Added", key: "", active: 1 as const, created_at: NOW };
  await db.write((tx) => saveUploaderKey(tx, { ...added, fingerprint: "ADDED" }));
  await accounts.keys.activate(await addUser("jane", "JANE", ["test"]), BOSS);
  await addUser("john", "JOHN", ["test", "open"]);
  await accounts.keys.activate(await addUser("away", "AWAY", []), BOSS);
  const foo = { repository: "test", suites: [], sources: ["foo-*"] };
  await accounts.rights.give(await addUser("max", "MAX", []), foo, BOSS);
  const off = await addUser("off", "OFF", ["test"]);
  await accounts.users.switchOff(off, BOSS);

  const uploaders = await uploadersOf(db.read, ["test", "open"]);

  const [all, one] = [[{ suites: [], sources: [] }], { user_id: "Some <one@example.org>" }];
  const john = { fingerprint: "JOHN", user: "john", ...one, may: all };
  const max = { fingerprint: "MAX", user: "max", ...one, may: [{ suites: [], sources: ["foo-*"] }] };
  expect(uploaders).toEqual({
    test: {
      ...{ unauthenticated: false, keyrings: ["/k.gpg"], waiting: [john, max] },
      keys: [
        { fingerprint: "ADDED", user_id: "Added", may: all },
        { fingerprint: "JANE", user: "jane", ...one, may: all },
      ],
    },
    open: { unauthenticated: true, keyrings: ["/k.gpg"], keys: [], waiting: [john] },
  });
  expect(Object.keys(await uploadersOf(db.read, ["open"]))).toEqual(["open"]);
});

test("a call that changes something is recorded, and what was done stays done when it cannot be", async () => {
  const entry: AuditEntry = {
    ...{ call: "cancel", principal: { kind: "token", name: "ci", level: "STAFF" }, client: "192.0.2.1" },
    ...{ given: { bkey: "hello" }, outcome: "failed", error: "No." },
  };

  await recordCall({ accounts, log: silentLog }, entry);
  const [row] = await accounts.audit.latest({ limit: 1 });
  const broken = { audit: { ...accounts.audit, record: () => Promise.reject(new Error("disk full")) } };

  expect(row).toMatchObject({
    ...{ actor: { kind: "token", name: "ci" }, client: "192.0.2.1", action: "cancel" },
    ...{ given: { bkey: "hello" }, outcome: "failed", error: "No." },
  });
  await expect(
    recordCall({ accounts: { ...accounts, ...broken }, log: silentLog }, entry),
  ).resolves.toBeUndefined();
});
