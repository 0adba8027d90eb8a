import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Accounts, createAccounts, type UploadScope } from "#accounts";
import { type Database, type NewRow, openTestDatabase } from "#db";
import { createTestGpg, createVerifier, readKeys, type TestGpg } from "#keys";
import { exec, type Log, silentLog, systemClock } from "#platform";
import type { ResolvedDistribution } from "#repositories";
import { checkSigner, readSignedText, type SignerDeps } from "./verify-signer.ts";

const NAME = "hello_1_source.changes";

let dir: string;
let db: Database;
let gpg: TestGpg;
let jane: string;
let warned: string[];
let deps: SignerDeps;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "mbd-signer-"));
  db = await openTestDatabase();
  gpg = createTestGpg();
  jane = await gpg.makeKey("Jane");
  writeFileSync(join(dir, "jane.gpg"), await gpg.keyring(jane));
  writeFileSync(join(dir, NAME), await gpg.clearsign(jane, "Source: hello\n"));
  warned = [];
  const warn = (about: { reason: string }) => void warned.push(about.reason);
  deps = {
    db: db.read,
    verifier: createVerifier({ exec, clock: systemClock, keyringsDir: dir }),
    instanceKey: await gpg.keyring(await gpg.makeKey("Instance")),
    log: Object.assign(Object.create(silentLog) as Log, { warn }),
  };
});
afterEach(async () => {
  await db.close();
  await gpg.close();
  rmSync(dir, { recursive: true });
});

async function repositoryWith(identity: string, keyring?: string): Promise<ResolvedDistribution> {
  const now = "2024-01-02T03:00:00.000Z";
  const repository = await db.write(async (tx) => {
    const layout = await tx
      .insertInto("layout")
      .values({
        name: identity,
        default_version: "",
        mandatory_version_regex: "",
        experimental_default_version: "",
        experimental_mandatory_version_regex: "",
        meta_distributions: "",
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    const flags = { experimental: 0, build_keyring_package: 0, not_automatic: 0, but_automatic_upgrades: 0 };
    const rest = { migrates_to: null, auto_migrate_after: 0, rollback: 0, sources_per_component: 1 };
    const suites = ["unstable", "experimental"].map((name) => ({
      layout_id: layout.id,
      name,
      uploadable: 1,
    }));
    await tx
      .insertInto("suite")
      .values(suites.map((suite) => ({ ...suite, ...flags, ...rest }) as NewRow<"suite">))
      .execute();
    return await tx
      .insertInto("repository")
      .values({
        identity,
        layout_id: layout.id,
        origin: "o",
        description: "",
        allow_unauthenticated_uploads: 0,
        extra_uploader_keyrings: JSON.stringify(keyring === undefined ? [] : [join(dir, keyring)]),
        active: 1,
        created_at: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
  });
  return { repository, suite: { name: "unstable" } } as ResolvedDistribution;
}

const hello = (target: ResolvedDistribution) => ({ changesName: NAME, source: "hello", target });

describe("an extra keyring that cannot be read", () => {
  test("of another repository is left out, and that is logged", async () => {
    const target = await repositoryWith("good", "jane.gpg");
    await repositoryWith("bad", "none.gpg");

    const signed = await readSignedText(deps, join(dir, NAME), NAME);

    await expect(checkSigner(deps, signed, hello(target))).resolves.toBe(jane);
    expect(warned).toEqual([expect.stringMatching(/none\.gpg of repository bad cannot be read \(.*ENOENT/)]);
  });

  test("of the repository itself is told of as such", async () => {
    const target = await repositoryWith("bad", "none.gpg");

    const signed = await readSignedText(deps, join(dir, NAME), NAME);

    await expect(checkSigner(deps, signed, hello(target))).rejects.toMatchObject({
      code: "bad_configuration",
      message: expect.stringMatching(
        /^Configuration: the uploader keyring .*none\.gpg of repository bad cannot/,
      ),
    });
  });
});

describe("the key of a user", () => {
  const boss = { kind: "user", name: "boss", client: "192.0.2.9" } as const;
  let accounts: Accounts;
  let user: number;
  let target: ResolvedDistribution;
  beforeEach(async () => {
    accounts = createAccounts({
      ...{ db, clock: systemClock, url: async () => "", scrypt: { N: 256, r: 8, p: 1 } },
      readKeys: (bytes) => readKeys(bytes, exec, "key"),
    });
    await accounts.saveUser("boss", "ADMIN");
    await accounts.saveUser("jane", "LOGIN");
    user = (await accounts.users.list()).find(({ name }) => name === "jane")?.id ?? 0;
    target = await repositoryWith("test");
    await repositoryWith("other");
    await accounts.keys.set({ userId: user, key: await gpg.gpg(["--armor", "--export", jane]) });
  });

  const verify = async () =>
    await checkSigner(deps, await readSignedText(deps, join(dir, NAME), NAME), hello(target));
  const give = (repository: string, scope: Partial<UploadScope> = {}) =>
    accounts.rights.give(user, { repository, suites: [], sources: [], ...scope }, boss);
  async function takeAll(): Promise<void> {
    for (const { id } of await accounts.rights.of(user)) await accounts.rights.take(user, id, boss);
  }

  test("uploads nothing while it waits, whatever rights the user has", async () => {
    await give("test");
    await give("other");

    await expect(verify()).rejects.toMatchObject({ code: "signature_unknown_key" });
  });

  test("uploads nothing without the right for this repository", async () => {
    await accounts.keys.activate(user, boss);
    await expect(verify()).rejects.toMatchObject({ code: "not_authorised" });

    await give("other");

    await expect(verify()).rejects.toMatchObject({
      code: "not_authorised",
      message: expect.stringContaining(jane),
    });
  });

  test("uploads where the user may, until that ends in any way", async () => {
    await accounts.keys.activate(user, boss);
    await give("test");
    await expect(verify()).resolves.toBe(jane);

    await accounts.users.switchOff(user, boss);
    await expect(verify()).rejects.toMatchObject({ code: "signature_unknown_key" });
    await accounts.users.activate(user, boss);
    await expect(verify()).resolves.toBe(jane);

    await accounts.keys.deactivate(user, boss);
    await expect(verify()).rejects.toMatchObject({ code: "signature_unknown_key" });
    await accounts.keys.activate(user, boss);
    await takeAll();
    await expect(verify()).rejects.toMatchObject({ code: "not_authorised" });
  });

  test.each<[string, Partial<UploadScope>[], string | undefined]>([
    ["everything to its suite", [{ suites: ["unstable"] }], undefined],
    ["its source", [{ sources: ["hell*"] }], undefined],
    ["what one of several covers", [{ suites: ["experimental"] }, { sources: ["hello"] }], undefined],
    ["nothing to another suite", [{ suites: ["experimental"] }], "everything to experimental"],
    ["no other source", [{ sources: ["hello-*", "bye"] }], "bye, hello-*"],
    [
      "nothing that each covers by half",
      [{ suites: ["experimental"], sources: ["hello"] }, { sources: ["bye"] }],
      "hello to experimental; bye",
    ],
  ])("with narrowed rights uploads %s", async (_what, scopes, only) => {
    await accounts.keys.activate(user, boss);
    for (const scope of scopes) await give("test", scope);
    await give("other");

    const verified = verify();

    if (only === undefined) await expect(verified).resolves.toBe(jane);
    else
      await expect(verified).rejects.toMatchObject({
        code: "not_authorised",
        message: `Key ${jane}, which signed ${NAME}, may not upload hello to suite unstable of repository 'test', only ${only}.`,
        hint: expect.stringContaining("Ask an administrator"),
      });
  });

  test("must not hold its secret part, and must be able to sign", async () => {
    const secret = await gpg.gpg(["--armor", "--export-secret-keys", jane]);
    await gpg.gpg(["--quick-gen-key", "Certify <c@example.org>", "ed25519", "cert", "never"]);
    const certify = await gpg.gpg(["--armor", "--export", "=Certify <c@example.org>"]);
    const old = await gpg.makeKey("Old", { expire: "1d", time: "20200101T000000!" });

    for (const key of [secret, certify, await gpg.gpg(["--armor", "--export", old]), "no key"])
      await expect(accounts.keys.set({ userId: user, key })).rejects.toMatchObject({ code: "bad_argument" });

    await expect(accounts.keys.get(user)).resolves.toMatchObject({ fingerprint: jane, algorithm: "ed25519" });
  });
});
