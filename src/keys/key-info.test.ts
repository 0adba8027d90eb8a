import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exec } from "#platform";
import { toBinaryKeyring } from "./armor.ts";
import { readKeyFile, readKeys } from "./key-info.ts";
import { createTestGpg, type TestGpg } from "./testing.ts";

let dir: string;
let gpg: TestGpg;
let jane: string;
let old: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "mbd-keyinfo-"));
  gpg = createTestGpg();
  jane = await gpg.makeKey("Jané: Doe");
  old = await gpg.makeKey("Old", { expire: "1d", time: "20200101T000000!" });
});

afterAll(async () => {
  await gpg.close();
  rmSync(dir, { recursive: true });
});

test("lists the keys of an armoured file, each with its own export", async () => {
  const file = join(dir, "both.asc");
  writeFileSync(file, await gpg.gpg(["--armor", "--export", jane, old]));

  const keys = await readKeyFile(file, exec);

  expect(keys).toMatchObject([
    { fingerprint: jane, userId: "Jané: Doe <jané: doe@example.org>", expired: false, revoked: false },
    {
      fingerprint: old,
      createdAt: "2020-01-01T00:00:00.000Z",
      expiresAt: "2020-01-02T00:00:00.000Z",
      expired: true,
    },
  ]);
  const again = await readKeys(keys[1]?.binary ?? new Uint8Array(), exec);
  expect(again.map((key) => key.fingerprint)).toEqual([old]);
});

test("tells what can sign now, and by which algorithms", async () => {
  const make = async (name: string, ...subkeys: readonly [string, string, string][]) => {
    const key = await gpg.makeKey(name);
    for (const subkey of subkeys) await gpg.gpg(["--quick-add-key", key, ...subkey]);
    return await readKeys(await gpg.keyring(key), exec);
  };
  await gpg.gpg(["--quick-gen-key", "Certify <c@example.org>", "rsa2048", "cert", "never"]);
  const certify = await gpg.gpg(["--armor", "--export", "=Certify <c@example.org>"]);
  await gpg.gpg(["--quick-add-uid", jane, "Second <second@example.org>"]);

  const [plain] = await readKeys(await gpg.keyring(jane), exec);
  const [more] = await make("More", ["rsa2048", "sign", "never"], ["cv25519", "encr", "never"]);
  const [alone] = await readKeys(Buffer.from(certify), exec);
  const [gone] = await readKeys(await gpg.keyring(old), exec);

  expect(plain).toMatchObject({ algorithm: "ed25519", signing: ["ed25519"] });
  expect(plain?.userIds.toSorted()).toEqual([
    "Jané: Doe <jané: doe@example.org>",
    "Second <second@example.org>",
  ]);
  expect(more).toMatchObject({ algorithm: "ed25519", signing: ["ed25519", "rsa2048"] });
  expect(alone).toMatchObject({ algorithm: "rsa2048", signing: [] });
  expect(gone).toMatchObject({ expired: true, signing: [] });
});

test("armour is taken off as gpg does, also of several blocks", async () => {
  const blocks = await Promise.all([jane, old].map((key) => gpg.gpg(["--armor", "--export", key])));

  const binary = toBinaryKeyring(Buffer.from(blocks.join("\n")));

  expect(Buffer.from(binary)).toEqual(Buffer.from(await gpg.keyring(jane, old)));
  expect(toBinaryKeyring(binary)).toEqual(binary);
});

test("headers of the armour may hold anything", async () => {
  const [first = "", ...rest] = (await gpg.gpg(["--armor", "--export", jane])).split("\n");
  const comment = "Comment: Jane <jane@foo-bar.example> -- https://foo-bar.example";

  const binary = toBinaryKeyring(Buffer.from([first, comment, ...rest].join("\n")));

  expect(Buffer.from(binary)).toEqual(Buffer.from(await gpg.keyring(jane)));
});

test("refuses what holds no public key, or a secret one", async () => {
  const secret = await gpg.gpg(["--armor", "--export-secret-keys", jane]);
  const binarySecret = join(dir, "secret.gpg");
  await gpg.gpg(["--output", binarySecret, "--export-secret-keys", jane]);

  await expect(readKeys(Buffer.from("hello"), exec)).rejects.toThrow("no OpenPGP public key");
  await expect(readKeys(Buffer.from(secret), exec)).rejects.toThrow("secret key");
  await expect(readKeyFile(binarySecret, exec)).rejects.toThrow("secret key");
  await expect(readKeyFile(join(dir, "none"), exec)).rejects.toThrow("cannot be opened");
});
