import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isClearsigned, unwrapClearsigned } from "./clearsign.ts";
import { mutated, onlyFormatError } from "./fuzz-support.ts";

const SIGNED = [
  "-----BEGIN PGP SIGNED MESSAGE-----",
  "Hash: SHA512",
  "",
  "Format: 1.0",
  "- -dash",
  "-----BEGIN PGP SIGNATURE-----",
  "",
  "iQ==",
  "-----END PGP SIGNATURE-----",
  "",
].join("\n");

describe("unwrapClearsigned", () => {
  it("returns what is signed, without dash escapes", () => {
    expect(unwrapClearsigned(SIGNED, "x")).toBe("Format: 1.0\n-dash\n");
  });

  it("returns unsigned text as it is", () => {
    expect(isClearsigned("Format: 1.0\n")).toBe(false);
    expect(unwrapClearsigned("Format: 1.0\n", "x")).toBe("Format: 1.0\n");
  });

  it.each([
    [SIGNED.replace("-----END PGP SIGNATURE-----", ""), /incomplete/],
    [SIGNED.slice(0, 60), /incomplete/],
    [`${SIGNED}Format: 2.0\n`, /line 10: text follows the signature/],
    [SIGNED.replace("Hash: SHA512", "Source: evil"), undefined],
    [SIGNED.replace("Hash: SHA512", "evil text"), /header/],
    [SIGNED.replace("- -dash", "-dash"), /bare dash/],
  ])("refuses what readers could read differently (%#)", (text, message) => {
    if (message === undefined) expect(unwrapClearsigned(text, "x")).not.toContain("evil");
    else expect(() => unwrapClearsigned(text, "x")).toThrow(message);
  });

  it("takes any input", () => {
    fc.assert(
      fc.property(mutated([SIGNED]), (text) => onlyFormatError(() => unwrapClearsigned(text, "x")) || true),
    );
  });
});

describe("a message signed by gpg", () => {
  let home = "";
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), "clearsign-"));
    gpg(home, "--quick-gen-key", "--passphrase", "", "test@example.org", "ed25519", "sign", "never");
  });
  afterAll(() => {
    execFileSync("gpgconf", ["--homedir", home, "--kill", "all"]);
    rmSync(home, { recursive: true, force: true });
  });

  it("is unwrapped to what gpg itself puts out", () => {
    const text = "Format: 1.0\nX: a\n b\n-y: z\n\n";
    writeFileSync(join(home, "text"), text);
    gpg(home, "--clearsign", "--output", join(home, "signed"), join(home, "text"));

    const unwrapped = unwrapClearsigned(readFileSync(join(home, "signed"), "utf8"), "x");

    expect(unwrapped).toBe(gpg(home, "--decrypt", join(home, "signed")));
  });
});

function gpg(home: string, ...args: string[]): string {
  const options = ["--homedir", home, "--batch", "--pinentry-mode", "loopback", "--quiet"];
  return execFileSync("gpg", [...options, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
}
