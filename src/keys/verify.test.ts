import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exec, systemClock } from "#platform";
import { createTestGpg, type TestGpg } from "./testing.ts";
import { createVerifier, type Verifier } from "./verify.ts";

const TEXT = "Source: hello\nVersion: 1.0\n- dashed\n";

let dir: string;
let gpg: TestGpg;
let verifier: Verifier;
let jane: string;
let joe: string;
let ring: Uint8Array;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "mbd-verify-"));
  gpg = createTestGpg();
  verifier = createVerifier({ exec, clock: systemClock, keyringsDir: join(dir, "keyrings") });
  jane = await gpg.makeKey("Jane");
  joe = await gpg.makeKey("Joe");
  ring = await gpg.keyring(jane);
});

afterAll(async () => {
  await gpg.close();
  rmSync(dir, { recursive: true });
});

const check = (text: string, keyring = ring) => verifier.verifyClearsigned(Buffer.from(text), [keyring]);

describe("an upload", () => {
  test("with a good signature gives the signed text and the primary fingerprint", async () => {
    const file = join(dir, "good.changes");
    writeFileSync(file, await gpg.clearsign(jane, TEXT));

    const result = await verifier.verifyClearsigned(file, [ring]);

    expect(result).toEqual({ ok: true, payload: TEXT, signer: jane });
  });

  test("may be signed by a key of any of several keyrings", async () => {
    const signed = Buffer.from(await gpg.clearsign(joe, TEXT));

    const result = await verifier.verifyClearsigned(signed, [ring, await gpg.keyring(joe)]);

    expect(result).toMatchObject({ ok: true, signer: joe });
  });

  test("signed by a subkey names the primary key", async () => {
    await gpg.gpg(["--quick-add-key", joe, "ed25519", "sign"]);
    const signed = await gpg.gpg(["--local-user", joe, "--clearsign"], TEXT);

    const result = await check(signed, await gpg.keyring(joe));

    expect(result).toMatchObject({ ok: true, signer: joe });
  });

  test("by another key is of an unknown key", async () => {
    const result = await check(await gpg.clearsign(joe, TEXT), ring);

    expect(result).toMatchObject({ ok: false, code: "signature_unknown_key", key: joe, payload: TEXT });
  });

  test("checked without any keyring is of an unknown key", async () => {
    const signed = Buffer.from(await gpg.clearsign(jane, TEXT));

    const result = await verifier.verifyClearsigned(signed, []);

    expect(result).toMatchObject({ ok: false, code: "signature_unknown_key", key: jane });
  });

  test("by an expired key", async () => {
    const key = await gpg.makeKey("Expired", { expire: "1d", time: "20200101T000000!" });
    const signed = await gpg.clearsign(key, TEXT, ["--faked-system-time", "20200101T010000!"]);

    const result = await check(signed, await gpg.keyring(key));

    expect(result).toMatchObject({ ok: false, code: "key_expired", key });
  });

  test("by a revoked key", async () => {
    const key = await gpg.makeKey("Revoked");
    const signed = await gpg.clearsign(key, TEXT);
    const revocation = join(dir, "revocation");
    const made = readFileSync(join(gpg.home, "openpgp-revocs.d", `${key}.rev`), "utf8");
    writeFileSync(revocation, made.replace(":-----BEGIN", "-----BEGIN"));
    await gpg.gpg(["--import", revocation]);

    const result = await check(signed, await gpg.keyring(key));

    expect(result).toMatchObject({ ok: false, code: "key_revoked", key });
  });

  test("with an expired signature", async () => {
    const key = await gpg.makeKey("Short", { time: "20200101T000000!" });
    const args = ["--faked-system-time", "20200102T000000!", "--default-sig-expire", "1d"];

    const result = await check(await gpg.clearsign(key, TEXT, args), await gpg.keyring(key));

    expect(result).toMatchObject({ ok: false, code: "signature_expired", key });
  });

  test("with a SHA-1 signature", async () => {
    const result = await check(await gpg.clearsign(jane, TEXT, ["--digest-algo", "SHA1"]));

    expect(result).toMatchObject({ ok: false, code: "signature_weak", algorithm: "SHA-1" });
  });

  test("signed in the future", async () => {
    const twoDays = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 19).replaceAll(/[-:]/g, "");

    const result = await check(await gpg.clearsign(jane, TEXT, ["--faked-system-time", `${twoDays}!`]));

    expect(result).toMatchObject({ ok: false, code: "signature_time" });
  });

  test("with changed content is bad and hands on no text", async () => {
    const signed = await gpg.clearsign(jane, TEXT);

    const result = await check(signed.replace("hello", "jello"));

    expect(result).toMatchObject({ ok: false, code: "signature_bad" });
    expect(result).not.toHaveProperty("payload");
  });

  test("without a signature is all payload", async () => {
    expect(await check(TEXT)).toMatchObject({ ok: false, code: "signature_missing", payload: TEXT });
  });

  test("white space at line ends, which no signature covers, does not make another payload", async () => {
    const signed = await gpg.clearsign(jane, TEXT);

    const result = await check(signed.replace("hello\n", "hello \t\r\n").replace("1.0\n", "1.0  \n"));

    expect(result).toEqual({ ok: true, payload: TEXT, signer: jane });
  });
});

describe("the form of an upload", () => {
  const refused = async (text: string) => {
    const result = await check(text);
    expect(result).toMatchObject({ ok: false, code: "signature_format" });
    expect(result).not.toHaveProperty("payload");
  };

  test("text ahead of the message", async () => {
    await refused(`Source: evil\n\n${await gpg.clearsign(jane, TEXT)}`);
    await refused(` ${await gpg.clearsign(jane, TEXT)}`);
  });

  test("text behind the message; white space is fine", async () => {
    const signed = await gpg.clearsign(jane, TEXT);

    await refused(`${signed}\nSource: evil\n`);
    await refused(signed.replace("-----END PGP SIGNATURE-----", "-----END PGP SIGNATURE----- x"));
    expect(await check(`${signed}\n \t\r\n`)).toMatchObject({ ok: true });
  });

  test("two messages", async () => {
    await refused((await gpg.clearsign(jane, TEXT)) + (await gpg.clearsign(jane, "Source: evil\n")));
  });

  test("two signatures", async () => {
    const both = await gpg.gpg(["--local-user", jane, "--local-user", `${joe}!`, "--clearsign"], TEXT);

    const result = await check(both, await gpg.keyring(jane, joe));

    expect(result).toMatchObject({ ok: false, code: "signature_format" });
  });

  test("a signed message that is armoured, or binary", async () => {
    await refused(await gpg.gpg(["--local-user", jane, "--armor", "--sign"], TEXT));
    const binary = join(dir, "binary");
    await gpg.gpg(["--local-user", jane, "--output", binary, "--sign"], TEXT);

    const result = await verifier.verifyClearsigned(binary, [ring]);

    expect(result).toMatchObject({ ok: false, code: "signature_format" });
  });

  test("a message without its end, and one that is too large", async () => {
    const signed = await gpg.clearsign(jane, TEXT);

    await refused(signed.slice(0, signed.indexOf("-----END")));
    await refused("x".repeat(16 * 1024 * 1024 + 1));
  });
});

describe("a Release file", () => {
  test("counts each good signature and ignores those of unknown keys", async () => {
    const both = await gpg.gpg(["--local-user", `${jane}!`, "--local-user", `${joe}!`, "--clearsign"], TEXT);

    expect(await verifier.verifyRelease(both, ring)).toEqual({ ok: true, payload: TEXT, signers: [jane] });
  });

  test("with a detached signature", async () => {
    const signature = await gpg.gpg(["--local-user", `${jane}!`, "--armor", "--detach-sign"], TEXT);

    const good = await verifier.verifyRelease({ release: TEXT, signature }, ring);
    const changed = await verifier.verifyRelease({ release: `${TEXT} `, signature }, ring);

    expect(good).toEqual({ ok: true, payload: TEXT, signers: [jane] });
    expect(changed).toMatchObject({ ok: false, reason: expect.stringContaining("does not match") });
  });

  test("is refused with one bad signature, only unknown or weak ones, or none", async () => {
    const signed = await gpg.clearsign(jane, TEXT);

    const results = [
      await verifier.verifyRelease(signed.replace("hello", "jello"), ring),
      await verifier.verifyRelease(await gpg.clearsign(joe, TEXT), ring),
      await verifier.verifyRelease(await gpg.clearsign(jane, TEXT, ["--digest-algo", "SHA1"]), ring),
      await verifier.verifyRelease(TEXT, ring),
      await verifier.verifyRelease({ release: TEXT, signature: "" }, ring),
      await verifier.verifyRelease({ release: TEXT, signature: signed }, ring),
    ];

    expect(results.map((it) => it.ok)).toEqual(results.map(() => false));
  });
});
