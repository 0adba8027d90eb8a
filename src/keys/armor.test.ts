import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exec, execOk } from "#platform";
import { armorKeyring, toBinaryKeyring } from "./armor.ts";
import { fingerprintsOf } from "./fingerprints.ts";
import { createTestGpg, type TestGpg } from "./testing.ts";

let gpg: TestGpg;
let fingerprints: string[];
let keyring: Uint8Array;

beforeAll(async () => {
  gpg = createTestGpg();
  fingerprints = [await gpg.makeKey("One"), await gpg.makeKey("Two"), await gpg.makeKey("Three")];
  // One with a subkey, and one that is longer than lengths of one octet can say.
  await gpg.gpg(["--quick-add-key", fingerprints[0] ?? "", "ed25519", "sign", "never"]);
  await gpg.gpg(["--quick-gen-key", "Four <four@example.org>", "rsa3072", "sign", "never"]);
  const listing = await gpg.gpg(["--with-colons", "--list-keys", "=Four <four@example.org>"]);
  fingerprints.push(/^fpr:+([0-9A-F]{40}):/m.exec(listing)?.[1] ?? "");
  keyring = await gpg.keyring(...fingerprints);
}, 60_000);
afterAll(() => gpg.close());

describe("an armoured keyring", () => {
  test("is one to gpg, checksum and all", async () => {
    const armored = armorKeyring(keyring);

    const shown = await execOk(exec, "gpg", ["--batch", "--homedir", gpg.home, "--show-keys"], {
      input: armored,
    });
    const warned = await exec("gpg", ["--batch", "--homedir", gpg.home, "--list-packets"], {
      input: armored.replace(/^=.{4}$/m, "=AAAA"),
    });

    for (const fingerprint of fingerprints) expect(shown.stdout).toContain(fingerprint);
    expect(shown.stderr).not.toContain("CRC");
    // The judge does look at it.
    expect(warned.stderr).toContain("CRC error");
    expect(armored.split("\n").every((line) => line.length <= 64)).toBe(true);
  });

  test("is the same keys again when it is read", () => {
    expect(Buffer.from(toBinaryKeyring(Buffer.from(armorKeyring(keyring))))).toEqual(Buffer.from(keyring));
  });
});

describe("fingerprints", () => {
  test("are those that gpg tells, of primary keys only", () => {
    expect(fingerprintsOf(keyring)).toEqual(fingerprints);
  });

  test("of what is cut off are those of whole keys, of what is no keyring there are none", () => {
    expect(fingerprintsOf(keyring.subarray(0, keyring.length - 1))).toEqual(fingerprints);
    for (const bytes of [
      [],
      [0],
      [0x98],
      [0x98, 50, 4],
      [0xc6, 230],
      [0xc6, 255, 255, 255, 255, 255],
      [0x9b, 4],
    ])
      expect(fingerprintsOf(Uint8Array.from(bytes))).toEqual([]);
  });
});
