import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exec, execOk } from "#platform";

/** A GNUPGHOME with keys, for tests: real gpg, real signatures. */
export interface TestGpg {
  readonly home: string;
  /** Makes a key and returns its fingerprint. `time` as gpg's `--faked-system-time` (`20200101T000000!`). */
  makeKey(name: string, options?: { readonly expire?: string; readonly time?: string }): Promise<string>;
  /** Runs gpg in this home; `input` by stdin. */
  gpg(args: readonly string[], input?: string): Promise<string>;
  clearsign(key: string, text: string, args?: readonly string[]): Promise<string>;
  /** Binary export of keys. */
  keyring(...keys: readonly string[]): Promise<Uint8Array>;
  close(): Promise<void>;
}

export function createTestGpg(): TestGpg {
  const home = mkdtempSync(join(tmpdir(), "mbd-testgpg-"));
  const gpg = async (args: readonly string[], input = ""): Promise<string> => {
    const all = ["--batch", "--no-tty", "--homedir", home, "--pinentry-mode", "loopback", ...args];
    return (await execOk(exec, "gpg", ["--passphrase", "", "--yes", ...all], { input })).stdout;
  };
  return {
    home,
    gpg,
    async makeKey(name, { expire = "never", time } = {}) {
      const fake = time === undefined ? [] : ["--faked-system-time", time];
      const user = `${name} <${name.toLowerCase()}@example.org>`;
      await gpg([...fake, "--quick-gen-key", user, "ed25519", "sign", expire]);
      const listing = await gpg(["--with-colons", "--list-keys", `=${user}`]);
      return /^fpr:+([0-9A-F]{40}):/m.exec(listing)?.[1] ?? "";
    },
    clearsign: (key, text, args = []) => gpg([...args, "--local-user", `${key}!`, "--clearsign"], text),
    async keyring(...keys) {
      const file = join(home, "export.gpg");
      await gpg(["--output", file, "--export", ...keys]);
      return new Uint8Array(readFileSync(file));
    },
    async close() {
      await execOk(exec, "gpgconf", ["--homedir", home, "--kill", "all"]);
      rmSync(home, { recursive: true, force: true });
    },
  };
}
