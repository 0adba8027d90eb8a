import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exec } from "#platform";
import { newerPackages, someOf } from "./newer-packages.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mbd-newer-"));
  const gnupg = join(dir, "gnupg");
  mkdirSync(gnupg, { mode: 0o700 });
  const key = ["--quick-generate-key", "Test <test@example.org>", "ed25519", "sign", "never"];
  gpg(["--batch", "--pinentry-mode", "loopback", "--passphrase", "", ...key]);
  gpg(["--batch", "--output", join(dir, "key.gpg"), "--export"]);
});
afterEach(() => {
  execFileSync("gpgconf", ["--homedir", join(dir, "gnupg"), "--kill", "all"]);
  rmSync(dir, { recursive: true });
});

function gpg(args: readonly string[]): void {
  execFileSync("gpg", args, { env: { ...process.env, GNUPGHOME: join(dir, "gnupg") }, stdio: "ignore" });
}

const stanza = (name: string, version: string, more = "") =>
  `Package: ${name}\nVersion: ${version}\nArchitecture: amd64\nMaintainer: A <a@example.org>\nDescription: x\n${more}\n`;
const available = (name: string, version: string, more = "") =>
  stanza(name, version, `Filename: pool/${name}.deb\nSize: 1\nSHA256: ${"a".repeat(64)}\n${more}`);
const installed = (name: string, version: string) => stanza(name, version, "Status: install ok installed\n");

/** An archive of files, signed. */
function publish(suite: string, packages: string): void {
  const at = join(dir, "archive/dists", suite);
  mkdirSync(join(at, "main/binary-amd64"), { recursive: true });
  writeFileSync(join(at, "main/binary-amd64/Packages"), packages);
  const settings = ["Suite", "Codename"].map((name) => `APT::FTPArchive::Release::${name}=${suite}`);
  const more = ["Components=main", "Architectures=amd64"].map((text) => `APT::FTPArchive::Release::${text}`);
  const options = [...settings, ...more].flatMap((text) => ["-o", text]);
  const release = execFileSync("apt-ftparchive", [...options, "release", at]);
  writeFileSync(join(dir, "Release"), release);
  gpg(["--batch", "--yes", "--clearsign", "--output", join(at, "InRelease"), join(dir, "Release")]);
}

test("packages of which one of the sources has a newer version are found by the real apt", async () => {
  publish("stable", available("libc6", "2.36-9") + available("tzdata", "2024a-1") + available("other", "9"));
  publish(
    "stable-security",
    available("libc6", "2.36-9+deb12u1", "Depends: newcomer\n") + available("newcomer", "1"),
  );
  writeFileSync(join(dir, "status"), installed("libc6", "2.36-9") + installed("tzdata", "2024a-1"));
  const source = { components: ["main"], keyringFile: join(dir, "key.gpg"), checkValidUntil: true };
  const [base, security] = ["stable", "stable-security"].map((suite) => ({
    ...source,
    ...{ suite, url: `file:${dir}/archive/` },
  }));
  if (base === undefined || security === undefined) throw new Error("two sources were made");
  const plan = { codename: "stable", arch: "amd64", blocks: [] };
  const ask = (sources: readonly [typeof base, ...(typeof base)[]]) =>
    newerPackages(exec, {
      ...{ dir: join(dir, "apt"), statusFile: join(dir, "status") },
      plan: { ...plan, sources },
    });

  expect(await ask([base])).toEqual([]);
  expect(await ask([base, security])).toEqual(["libc6"]);
});

test("an archive that cannot be read is an error, not a chroot without news", async () => {
  writeFileSync(join(dir, "status"), installed("libc6", "2.36-9"));
  const source = { components: ["main"], keyringFile: join(dir, "key.gpg"), checkValidUntil: true };
  const plan = {
    ...{ codename: "stable", arch: "amd64", blocks: [] },
    sources: [{ ...source, suite: "stable", url: `file:${dir}/nowhere/` }] as const,
  };

  const asked = newerPackages(exec, { dir: join(dir, "apt"), statusFile: join(dir, "status"), plan });

  await expect(asked).rejects.toMatchObject({ code: "tool_failed" });
});

test.each([
  [["a"], "a"],
  [["a", "b", "c", "d", "e"], "a, b, c, d, e"],
  [["a", "b", "c", "d", "e", "f", "g"], "a, b, c, d, e and 2 more"],
])("%j is told as %s", (names, text) => {
  expect(someOf(names)).toBe(text);
});
