import { beforeEach, describe, expect, test } from "vitest";
import type { ReadKey } from "./deps.ts";
import { type Bench, BOSS, openBench } from "./test-support.ts";
import { listActiveKeys, listUploaderKeys, saveUploaderKey } from "./uploader-store.ts";

/** A key file here is its JSON; what gpg makes of real ones is tested in #keys and #packaging. */
const fileOf = (...keys: Partial<ReadKey>[]) => JSON.stringify(keys);
const A = "A".repeat(40);
const B = "B".repeat(40);

async function readKeys(bytes: Uint8Array): Promise<readonly ReadKey[]> {
  const given = JSON.parse(Buffer.from(bytes).toString()) as Partial<ReadKey>[];
  return given.map((change) => ({
    ...{ fingerprint: A, userIds: ["Jane <jane@example.org>", "J <j@example.org>"], algorithm: "ed25519" },
    ...{ createdAt: "2023-01-01T00:00:00.000Z", expired: false, revoked: false, signing: ["ed25519"] },
    binary: bytes,
    ...change,
  }));
}

let bench: Bench;
let jane: number;
let john: number;
beforeEach(async () => {
  bench = await openBench({ keys: readKeys });
  jane = await bench.addUser("jane");
  john = await bench.addUser("john");
});

const set = (userId: number, key: string) => bench.accounts.keys.set({ userId, key });
const active = async (repository?: string) =>
  (repository === undefined
    ? await listActiveKeys(bench.db.read)
    : await listUploaderKeys(bench.db.read, repository)
  ).map((key) => key.fingerprint);

describe("a key that a user sets", () => {
  test("waits until an administrator activates it", async () => {
    const view = await set(jane, fileOf({ expiresAt: "2030-01-01T00:00:00.000Z" }));
    const waiting = await bench.accounts.keys.waiting();
    const before = await active();
    await bench.accounts.keys.activate(jane, BOSS);

    expect(view).toEqual({
      ...{ fingerprint: A, userIds: ["Jane <jane@example.org>", "J <j@example.org>"], state: "waiting" },
      ...{ algorithm: "ed25519", created: "2023-01-01T00:00:00.000Z", expires: "2030-01-01T00:00:00.000Z" },
    });
    expect(waiting).toMatchObject([{ userId: jane, name: "jane", fingerprint: A, rights: [] }]);
    expect(before).toEqual([]);
    await expect(active()).resolves.toEqual([A]);
    await expect(bench.accounts.keys.waiting()).resolves.toEqual([]);
    await expect(bench.accounts.keys.get(jane)).resolves.toMatchObject({ state: "active" });
  });

  test("replaces the former one, which ends at once; the new one waits again", async () => {
    await set(jane, fileOf({}));
    await bench.accounts.keys.activate(jane, BOSS);

    await set(jane, fileOf({ fingerprint: B }));

    await expect(bench.accounts.keys.get(jane)).resolves.toMatchObject({ fingerprint: B, state: "waiting" });
    await expect(active()).resolves.toEqual([]);
  });

  test("stays active when it is the same with new data", async () => {
    await set(jane, fileOf({}));
    await bench.accounts.keys.activate(jane, BOSS);

    const renewed = await set(jane, fileOf({ expiresAt: "2035-01-01T00:00:00.000Z" }));

    expect(renewed).toMatchObject({ state: "active", expires: "2035-01-01T00:00:00.000Z" });
  });

  test.each([
    ["two keys", fileOf({}, { fingerprint: B })],
    ["no key", fileOf()],
    ["a revoked one", fileOf({ revoked: true })],
    ["an expired one", fileOf({ expired: true })],
    ["one that cannot sign", fileOf({ signing: [] })],
    ["short RSA", fileOf({ algorithm: "rsa2048", signing: ["rsa2048"] })],
    ["a short subkey", fileOf({ signing: ["ed25519", "rsa1024"] })],
    ["DSA", fileOf({ algorithm: "dsa3072", signing: ["dsa3072"] })],
  ])("is refused: %s", async (_what, key) => {
    await expect(set(jane, key)).rejects.toMatchObject({ code: "bad_argument" });

    await expect(bench.accounts.keys.get(jane)).resolves.toBeUndefined();
  });

  test.each(["rsa3072", "rsa4096", "ed25519", "nistp256", "brainpoolP384r1"])(
    "may be %s",
    async (algorithm) => {
      await expect(set(jane, fileOf({ algorithm, signing: [algorithm] }))).resolves.toMatchObject({
        algorithm,
      });
    },
  );
});

describe("by fingerprint", () => {
  test("a key is taken that the administrator added, and the own one again", async () => {
    const key = Buffer.from(fileOf({})).toString("base64");
    const row = { repository: "test", fingerprint: A, user_id: "Jane", key, active: 1 as const };
    await bench.db.write((tx) => saveUploaderKey(tx, { ...row, created_at: bench.now() }));
    const spaced = `0x${"AAAA ".repeat(10).toLowerCase()}`;

    await expect(set(jane, spaced)).resolves.toMatchObject({ fingerprint: A, state: "waiting" });
    await bench.accounts.keys.activate(jane, BOSS);

    await expect(set(jane, A)).resolves.toMatchObject({ state: "active" });
  });

  test("an unknown one is not found, nor that of another user", async () => {
    await set(john, fileOf({}));

    await expect(set(jane, A)).rejects.toMatchObject({ code: "not_found" });
    await expect(set(jane, B)).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("a key that somebody else claims", () => {
  test("keeps nobody from theirs; the administrator decides whose it is", async () => {
    await set(john, fileOf({}));
    await set(jane, fileOf({}));

    await bench.accounts.keys.activate(jane, BOSS);

    await expect(bench.accounts.keys.activate(john, BOSS)).rejects.toMatchObject({ code: "key_taken" });
    await bench.accounts.keys.deactivate(jane, BOSS);
    await bench.accounts.keys.activate(john, BOSS);
    await expect(bench.accounts.keys.get(jane)).resolves.toMatchObject({ state: "waiting" });
  });
});

describe("keys that upload", () => {
  const grant = (userId: number, repository: string) =>
    bench.db.write((tx) =>
      tx
        .insertInto("upload_right")
        .values({
          ...{ user_account_id: userId, repository, granted_by: "boss", created_at: bench.now() },
          ...{ suites: "", sources: "" },
        })
        .execute(),
    );

  test("are those of active users with the right, besides what the administrator added", async () => {
    const added = { repository: "test", user_id: "C", key: "", active: 1 as const, created_at: bench.now() };
    await bench.db.write((tx) => saveUploaderKey(tx, { ...added, fingerprint: "C".repeat(40) }));
    await set(jane, fileOf({}));
    await set(john, fileOf({ fingerprint: B }));
    await bench.accounts.keys.activate(jane, BOSS);
    await bench.accounts.keys.activate(john, BOSS);
    await grant(jane, "test");
    await grant(john, "other");

    await expect(active("test")).resolves.toEqual(["C".repeat(40), A]);
    await expect(active("other")).resolves.toEqual([B]);
    await expect(active()).resolves.toEqual(["C".repeat(40), A, B]);
    await bench.accounts.users.switchOff(jane, BOSS);
    await expect(active("test")).resolves.toEqual(["C".repeat(40)]);
    await expect(active()).resolves.toEqual(["C".repeat(40), B]);
  });

  test("may what each of their rights says; said again of one that was added, only that", async () => {
    const added = { repository: "test", user_id: "C", key: "", active: 1 as const, created_at: bench.now() };
    const save = (scope: { suites?: string; sources?: string }) =>
      bench.db.write((tx) => saveUploaderKey(tx, { ...added, ...scope, fingerprint: B }));
    const may = async () => (await listUploaderKeys(bench.db.read, "test")).map((key) => key.may);
    await save({ suites: "unstable" });
    const before = await may();
    await save({ sources: "foo-*" });
    await set(jane, fileOf({}));
    await bench.accounts.keys.activate(jane, BOSS);
    await grant(jane, "test");
    await grant(jane, "test");

    const whole = { suites: [], sources: [] };
    expect(before).toEqual([[{ ...whole, suites: ["unstable"] }]]);
    await expect(may()).resolves.toEqual([[{ ...whole, sources: ["foo-*"] }], [whole, whole]]);
    await save({});
    await expect(may()).resolves.toEqual([[whole], [whole, whole]]);
  });

  test("end with their removal, and with that of their activation", async () => {
    await set(jane, fileOf({}));
    await bench.accounts.keys.activate(jane, BOSS);
    await grant(jane, "test");

    await bench.accounts.keys.deactivate(jane, BOSS);
    const off = await active("test");
    await bench.accounts.keys.activate(jane, BOSS);
    const on = await active("test");
    await bench.accounts.keys.remove(jane);

    expect([off, on]).toEqual([[], [A]]);
    await expect(active("test")).resolves.toEqual([]);
    expect((await bench.recorded()).slice(-5)).toEqual([
      "user jane: account.set_key done",
      "user boss: user.activate_key done",
      "user boss: user.deactivate_key done",
      "user boss: user.activate_key done",
      "user jane: account.remove_key done",
    ]);
  });
});
