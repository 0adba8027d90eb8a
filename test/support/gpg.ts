import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./tools.ts";

export interface TestKey {
  readonly name: string;
  readonly fingerprint: string;
  /** Armoured public key. */
  readonly file: string;
}

/** People with keys, in a GNUPGHOME of their own. */
export interface Gpg {
  readonly home: string;
  /** For tools that call gpg themselves, such as debsign. */
  readonly env: Readonly<Record<string, string>>;
  makeKey(name: string, options?: KeyOptions): Promise<TestKey>;
  clearsign(key: TestKey, text: string, options?: KeyOptions): Promise<string>;
  close(): Promise<void>;
}

export interface KeyOptions {
  /** As gpg's: `never`, `seconds=60`. */
  readonly expire?: string;
  /** When gpg believes to be, `20200101T000000`. */
  readonly at?: string;
}

export async function createGpg(): Promise<Gpg> {
  // Short: the agent's socket lies in it (at most 108 bytes, unix(7)).
  const home = await mkdtemp(join(tmpdir(), "mbdg-"));
  const env = { GNUPGHOME: home, HOME: home };
  const gpg = (args: readonly string[], options: KeyOptions = {}, input = "") => {
    const time = options.at === undefined ? [] : ["--faked-system-time", `${options.at}!`];
    const quiet = ["--batch", "--no-tty", "--yes", "--pinentry-mode", "loopback", "--passphrase", ""];
    return run("gpg", [...quiet, ...time, ...args], { env, input });
  };
  return {
    home,
    env,
    async makeKey(name, options = {}) {
      const user = `${name} <${name.toLowerCase()}@example.org>`;
      await gpg(["--quick-gen-key", user, "ed25519", "sign", options.expire ?? "never"], options);
      const listing = await gpg(["--with-colons", "--list-keys", `=${user}`]);
      const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listing)?.[1];
      if (fingerprint === undefined) throw new Error(`gpg lists no key of ${user}:\n${listing}`);
      const file = join(home, `${name}.asc`);
      await writeFile(file, await gpg(["--armor", "--export", fingerprint]));
      return { name, fingerprint, file };
    },
    clearsign: (key, text, options) =>
      gpg(["--local-user", key.fingerprint, "--clearsign"], options ?? {}, text),
    async close() {
      await run("gpgconf", ["--kill", "all"], { env });
      await rm(home, { recursive: true, force: true });
    },
  };
}
