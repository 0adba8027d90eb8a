import { chmod, mkdir, open, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import {
  type Clock,
  type Exec,
  execOk,
  exists,
  type Home,
  MbdError,
  makePrivateDir,
  namesIn,
  removeTree,
  syncDir,
} from "#platform";
import { exportKey } from "./key-info.ts";
import { type ListedKey, parseKeyListing } from "./key-listing.ts";
import { readySigning } from "./ready-signing.ts";

/** What is to be signed; a promise has gpg started already, which waits for it as long as `signal` lets it. */
type SignedText = string | Promise<string>;

/** Signs with a key of a home. Safe to use concurrently; a signature takes some milliseconds. */
export interface SecretKey {
  readonly fingerprint: string;
  /** A clear-signed message, as for InRelease and .changes. Lines may have at most 19995 characters (gpg). */
  clearsign(text: SignedText, signal?: AbortSignal): Promise<string>;
  /** A detached signature, armoured, as for Release.gpg. */
  detachSign(text: SignedText, signal?: AbortSignal): Promise<string>;
  /** Ends the gpg agent of this home. */
  close(): Promise<void>;
}

/** Signs in the name of the instance, and tells its public key. */
export interface Signer extends Pick<SecretKey, "fingerprint"> {
  clearsign(text: string): Promise<string>;
  detachSign(text: string): Promise<string>;
  publicKeyArmored(): string;
  publicKeyBinary(): Uint8Array;
}

export interface InstanceKey extends Signer {
  readonly userId: string;
  /** Ends the gpg agent of this home. */
  close(): Promise<void>;
}

export interface InstanceKeyOptions {
  readonly home: Home;
  readonly exec: Exec;
  readonly identity: string;
  readonly hostname: string;
  /** Address of the user id; default `mini-buildd@<hostname>`. */
  readonly email?: string;
  readonly clock: Clock;
  /** Of the key made before; without it the only secret key of the home is taken, or a new one made. */
  readonly fingerprint?: string;
}

/** The socket of the agent lies in GNUPGHOME, and a socket's path has at most 107 characters (unix(7)). */
const MAX_GNUPGHOME = 90;
const TIMEOUT_MS = 60_000;
const SIGN = ["--no-auto-check-trustdb", "--trust-model", "always", "--digest-algo", "SHA512"];

/**
 * Opens the instance's key, and makes it on the first start: Ed25519, sign only, no expiry, no passphrase (the daemon
 * starts unattended; the directory is private). The caller holds the home's lock and stores the fingerprint.
 *
 * A new key is made in a directory of its own and moved into place whole, so a kill at any instant leaves either no
 * key or exactly one.
 * @throws MbdError bad_configuration when the stored key is gone or the home's path is too long
 */
export async function openInstanceKey(options: InstanceKeyOptions): Promise<InstanceKey> {
  const { home, exec } = options;
  await checkPath(home);
  const key = (await findKey(options)) ?? (await makeKey(options));
  await execOk(exec, "gpgconf", ["--homedir", home.gnupg, "--launch", "gpg-agent"], {
    timeoutMs: TIMEOUT_MS,
  });
  const exportArgs = ["--export-options", "export-minimal", "--armor", "--export", key.fingerprint];
  const armored = await gpg(exec, home.gnupg, exportArgs);
  const binary = await exportKey(exec, home.gnupg, key.fingerprint);
  return {
    ...readySigning(secretKey(options, key.fingerprint)),
    userId: key.userId,
    publicKeyArmored: () => armored,
    publicKeyBinary: () => binary,
  };
}

/** The secret key of a home by the fingerprint of its record, without a look at what else is there: nothing to wait for. */
export function secretKey(
  { home, exec }: Pick<InstanceKeyOptions, "home" | "exec">,
  fingerprint: string,
): SecretKey {
  const sign = (how: readonly string[], text: SignedText, signal?: AbortSignal) =>
    gpg(exec, home.gnupg, [...SIGN, "--local-user", `${fingerprint}!`, ...how], text, signal);
  return {
    fingerprint,
    clearsign: (text, signal) => sign(["--clearsign"], text, signal),
    detachSign: (text, signal) => sign(["--armor", "--detach-sign"], text, signal),
    close: () => killAgent(exec, home.gnupg),
  };
}

async function findKey(options: InstanceKeyOptions): Promise<ListedKey | undefined> {
  const { home, exec, fingerprint } = options;
  await makePrivateDir(home.gnupg);
  await chmod(home.gnupg, 0o700);
  const listing = await gpg(exec, home.gnupg, ["--with-colons", "--list-secret-keys"]);
  const keys = parseKeyListing(listing);
  if (fingerprint !== undefined) {
    const key = keys.find((it) => it.fingerprint === fingerprint);
    if (key === undefined) throw lost(home, `the instance's key ${fingerprint} is not in`);
    return key;
  }
  if (keys.length > 1)
    throw lost(home, "several secret keys and no record of which one is the instance's are in");
  if (keys.length === 0 && (await hasSecrets(home)))
    throw lost(home, "a secret key without its public part is in");
  return keys[0];
}

async function makeKey(options: InstanceKeyOptions): Promise<ListedKey> {
  const { home, exec } = options;
  const fresh = newHome(home);
  if (await exists(fresh)) await killAgent(exec, fresh);
  await removeTree(fresh);
  await mkdir(fresh, { mode: 0o700 });
  const args = ["--pinentry-mode", "loopback", "--cert-digest-algo", "SHA512", "--gen-key"];
  await gpg(exec, fresh, args, keyParameters(options));
  await killAgent(exec, fresh);
  await syncTree(fresh);
  await killAgent(exec, home.gnupg);
  // Holds no secret key (findKey looked): at most an empty keyring and sockets.
  await removeTree(home.gnupg);
  await rename(fresh, home.gnupg);
  await syncDir(home.root);
  const [key] = parseKeyListing(await gpg(exec, home.gnupg, ["--with-colons", "--list-secret-keys"]));
  if (key === undefined) throw new MbdError("tool_failed", { tool: "gpg", reason: "it made no key" });
  return key;
}

/** GnuPG manual, "Unattended key generation". */
function keyParameters(options: InstanceKeyOptions): string {
  const email = options.email ?? `mini-buildd@${options.hostname}`;
  if (!/^[^\s<>@%]+@[^\s<>@%]+$/.test(email) || !/^[A-Za-z0-9-]+$/.test(options.identity)) {
    throw new MbdError("bad_configuration", {
      reason: `'${options.identity}' with the address '${email}' cannot name the instance's key`,
    });
  }
  const created = options.clock.now().toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
  return [
    "%no-protection",
    "Key-Type: EDDSA",
    "Key-Curve: ed25519",
    "Key-Usage: sign",
    `Name-Real: mini-buildd archive ${options.identity}`,
    `Name-Email: ${email}`,
    `Creation-Date: ${created}`,
    "Expire-Date: 0",
    "%commit",
    "",
  ].join("\n");
}

function newHome(home: Home): string {
  return `${home.gnupg}.new`;
}

async function checkPath(home: Home): Promise<void> {
  const length = Buffer.byteLength(newHome(home));
  if (length < MAX_GNUPGHOME) return;
  const reason = `the path of the home '${home.root}' is too long for gpg's socket; choose one at least ${
    length - MAX_GNUPGHOME + 1
  } characters shorter`;
  throw new MbdError("bad_configuration", { reason });
}

async function hasSecrets(home: Home): Promise<boolean> {
  const dir = join(home.gnupg, "private-keys-v1.d");
  return (await namesIn(dir)).some((name) => name.endsWith(".key"));
}

function lost(home: Home, what: string): MbdError {
  return new MbdError("bad_configuration", { reason: `${what} '${home.gnupg}'; restore it from a backup` });
}

/** `signal` ends one that may have to wait for its input; without, it has a minute. */
async function gpg(
  exec: Exec,
  homedir: string,
  args: readonly string[],
  input?: SignedText,
  signal?: AbortSignal,
): Promise<string> {
  const all = ["--batch", "--no-tty", "--no-options", "--homedir", homedir, ...args];
  const limit = signal === undefined ? { timeoutMs: TIMEOUT_MS } : { signal };
  const options = { ...limit, ...(input === undefined ? {} : { input }) };
  return (await execOk(exec, "gpg", all, options)).stdout;
}

/** The first try fails when the agent ends by itself meanwhile; the second then finds none, which is fine. */
async function killAgent(exec: Exec, homedir: string): Promise<void> {
  const args = ["--homedir", homedir, "--kill", "all"];
  const first = await exec("gpgconf", args, { timeoutMs: TIMEOUT_MS });
  if (first.exitCode !== 0) await execOk(exec, "gpgconf", args, { timeoutMs: TIMEOUT_MS });
}

async function syncTree(dir: string): Promise<void> {
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() && !entry.isDirectory()) continue;
    const handle = await open(join(entry.parentPath, entry.name), "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
  await syncDir(dir);
}
