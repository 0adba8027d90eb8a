import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "#testing";

/** A key of the kind that all peers sign with, in a GnuPG home of its own. */
export interface SigningKey {
  readonly gnupgHome: string;
  readonly fingerprint: string;
  /** For gpgv and apt. */
  readonly keyring: string;
  close(): Promise<void>;
}

/** @param dir short: the path of gpg-agent's socket has at most some 100 characters */
export async function makeSigningKey(dir: string): Promise<SigningKey> {
  const gnupgHome = join(dir, "gnupg");
  await mkdir(gnupgHome, { mode: 0o700, recursive: true });
  const env = { GNUPGHOME: gnupgHome };
  const batch = ["--batch", "--pinentry-mode", "loopback", "--passphrase", ""];
  await run(
    "gpg",
    [...batch, "--quick-generate-key", "Benchmark <bench@example.org>", "ed25519", "sign", "never"],
    {
      env,
    },
  );
  const list = await run("gpg", ["--batch", "--with-colons", "--list-secret-keys"], { env });
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(list)?.[1];
  if (fingerprint === undefined) throw new Error("gpg made no key");
  const keyring = join(dir, "keyring.gpg");
  await run("gpg", ["--batch", "--output", keyring, "--export", fingerprint], { env });
  return {
    gnupgHome,
    fingerprint,
    keyring,
    close: async () => void (await run("gpgconf", ["--kill", "all"], { env })),
  };
}
