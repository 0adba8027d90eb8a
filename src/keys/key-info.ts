import { mkdtemp, open, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Exec, execOk, MbdError, removeTree } from "#platform";
import { toBinaryKeyring } from "./armor.ts";
import { type ListedKey, parseKeyListing } from "./key-listing.ts";

/** A public key as a person must be able to recognise it, and as it is stored. */
export interface KeyInfo extends ListedKey {
  /** Minimal binary export: the key, its user ids and subkeys, no signatures of others. */
  readonly binary: Uint8Array;
}

const MAX_FILE_BYTES = 4 * 1024 * 1024;
const MAX_KEYS = 100;
const TIMEOUT_MS = 60_000;

/** Reads the public keys of a file, armoured or binary. @throws MbdError bad_argument with what is wrong with it */
export async function readKeyFile(path: string, exec: Exec): Promise<KeyInfo[]> {
  const handle = await open(path, "r").catch((error: unknown) => {
    throw refused(path, "it cannot be opened", error);
  });
  try {
    if ((await handle.stat()).size > MAX_FILE_BYTES)
      throw refused(path, `it is larger than ${MAX_FILE_BYTES} bytes`);
    return await readKeys(await handle.readFile(), exec, path);
  } finally {
    await handle.close();
  }
}

/** As {@link readKeyFile}, from bytes; `what` names them in errors. */
export async function readKeys(data: Uint8Array, exec: Exec, what = "The key"): Promise<KeyInfo[]> {
  if (data.length > MAX_FILE_BYTES) throw refused(what, `it is larger than ${MAX_FILE_BYTES} bytes`);
  if (Buffer.from(data).includes("-----BEGIN PGP PRIVATE KEY")) throw secret(what);
  const dir = await mkdtemp(join(tmpdir(), "mbd-keys-"));
  const gpg = (args: readonly string[], input?: Uint8Array) =>
    exec("gpg", ["--batch", "--no-tty", "--no-options", "--no-autostart", "--homedir", dir, ...args], {
      timeoutMs: TIMEOUT_MS,
      ...(input === undefined ? {} : { input }),
    });
  try {
    const binary = toBinaryKeyring(data);
    const shown = await gpg(["--with-colons", "--show-keys"], binary);
    if (/^(?:sec|ssb):/m.test(shown.stdout)) throw secret(what);
    const keys = parseKeyListing(shown.stdout);
    if (keys.length === 0) throw refused(what, "it holds no OpenPGP public key");
    if (keys.length > MAX_KEYS) throw refused(what, `it holds more than ${MAX_KEYS} keys`);
    await gpg(["--no-auto-check-trustdb", "--import"], binary);
    const infos: KeyInfo[] = [];
    for (const key of keys) infos.push({ ...key, binary: await exportKey(exec, dir, key.fingerprint) });
    return infos;
  } finally {
    await removeTree(dir);
  }
}

/** The binary export of one key of a GNUPGHOME; through a file, as output of tools is text. */
export async function exportKey(exec: Exec, homedir: string, fingerprint: string): Promise<Uint8Array> {
  const dir = await mkdtemp(join(tmpdir(), "mbd-export-"));
  try {
    const output = join(dir, "key");
    const common = ["--batch", "--no-tty", "--no-options", "--no-autostart", "--homedir", homedir];
    const args = [
      ...common,
      "--export-options",
      "export-minimal",
      "--output",
      output,
      "--export",
      fingerprint,
    ];
    await execOk(exec, "gpg", args, { timeoutMs: TIMEOUT_MS });
    return new Uint8Array(await readFile(output));
  } finally {
    await removeTree(dir);
  }
}

function secret(what: string): MbdError {
  return refused(what, "it holds a secret key; export the public one with 'gpg --export --armor'");
}

function refused(file: string, reason: string, cause?: unknown): MbdError {
  return new MbdError("bad_argument", { argument: file, reason }, { cause });
}
