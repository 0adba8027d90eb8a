import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Exec, exec, type Home, homeAt, prepareHome, systemClock } from "#platform";
import { type InstanceKey, openInstanceKey } from "./instance-key.ts";
import { createVerifier } from "./verify.ts";

const run = promisify(execFile);
const TEXT = "Origin: acme\nSuite: bookworm-test-unstable\n";

let home: Home;
let opened: InstanceKey[];

beforeEach(async () => {
  home = homeAt(mkdtempSync(join(tmpdir(), "mbd-key-")));
  opened = [];
  await prepareHome(home);
});

afterEach(async () => {
  for (const key of opened) await key.close();
  rmSync(home.root, { recursive: true });
});

async function open(more: { fingerprint?: string; exec?: Exec; home?: Home } = {}): Promise<InstanceKey> {
  const base = { home, exec, identity: "acme", hostname: "acme.example.org", clock: systemClock };
  const key = await openInstanceKey({ ...base, ...more });
  opened.push(key);
  return key;
}

describe("the instance's key", () => {
  test("is made once, private, and found again", async () => {
    const first = await open();

    const again = await open({ fingerprint: first.fingerprint });
    const unrecorded = await open();

    expect([again.fingerprint, unrecorded.fingerprint]).toEqual([first.fingerprint, first.fingerprint]);
    expect(first.userId).toBe("mini-buildd archive acme <mini-buildd@acme.example.org>");
    expect(statSync(home.gnupg).mode & 0o777).toBe(0o700);
    expect(existsSync(`${home.gnupg}.new`)).toBe(false);
  });

  test.each([["--gen-key"], ["--kill"]])("killed at %s, the next start has exactly one key", async (at) => {
    const killed: Exec = async (file, args, options) => {
      const result = await exec(file, args, options);
      if (args.includes(at) && args.some((arg) => arg.includes(".new"))) throw new Error("killed");
      return result;
    };
    await expect(open({ exec: killed })).rejects.toThrow("killed");

    const key = await open();

    const secrets = readdirSync(join(home.gnupg, "private-keys-v1.d"));
    expect(secrets).toHaveLength(1);
    expect(await key.clearsign(TEXT)).toContain("BEGIN PGP SIGNATURE");
  });

  test("is never replaced when it is lost", async () => {
    await expect(open({ fingerprint: "A".repeat(40) })).rejects.toThrow("restore it from a backup");
  });

  test("needs a short path", async () => {
    const long = homeAt(join(home.root, "x".repeat(70)));

    await expect(open({ home: long })).rejects.toMatchObject({ code: "bad_configuration" });
  });
});

describe("published signatures", () => {
  test("are right when many are made at once", async () => {
    const key = await open();
    const verifier = createVerifier({ exec, clock: systemClock, keyringsDir: home.keyrings });
    const texts = Array.from({ length: 12 }, (_, index) => `${TEXT}Number: ${index}\n`);

    const signed = await Promise.all(texts.map((text) => key.clearsign(text)));

    const results = await Promise.all(
      signed.map((text) => verifier.verifyRelease(text, key.publicKeyBinary())),
    );
    expect(results).toEqual(texts.map((payload) => ({ ok: true, payload, signers: [key.fingerprint] })));
  });

  test("are accepted by gpgv, sqv and sq, also one year ahead", async () => {
    const key = await open();
    const path = (name: string): string => join(home.root, name);
    writeFileSync(path("key.gpg"), key.publicKeyBinary());
    writeFileSync(path("key.asc"), key.publicKeyArmored());
    writeFileSync(path("Release"), TEXT);
    writeFileSync(path("Release.gpg"), await key.detachSign(TEXT));
    writeFileSync(path("InRelease"), await key.clearsign(TEXT));

    const judges = [
      ["gpgv", "--keyring", path("key.gpg"), path("Release.gpg"), path("Release")],
      ["gpgv", "--keyring", path("key.gpg"), path("InRelease")],
      ["sqv", "--keyring", path("key.asc"), path("Release.gpg"), path("Release")],
      ["sq", "verify", "--signer-cert", path("key.asc"), path("InRelease")],
    ];
    for (const judge of judges) {
      for (const when of ["+0 days", "+1 year"]) await run("faketime", [when, ...judge]);
    }

    const { stdout } = await run("gpg", ["--list-packets", path("Release.gpg")]);
    expect(stdout).toContain("digest algo 10");
  });
});
