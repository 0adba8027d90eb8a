import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { statOrUndefined, writeFileAtomic } from "#platform";

/**
 * Keeps one file for each different keyring below `dir` and returns its absolute path. gpgv wants absolute names and
 * fails when one of several is missing; a file named by its content never changes under a running gpgv or apt.
 * @param keyring OpenPGP keys in binary form (gpgv and old apt cannot read armoured ones).
 */
export async function keyringFile(dir: string, keyring: Uint8Array): Promise<string> {
  const path = join(dir, `${createHash("sha256").update(keyring).digest("hex")}.gpg`);
  if ((await statOrUndefined(path))?.size === keyring.length) return path;
  await mkdir(dir, { recursive: true });
  await writeFileAtomic(path, keyring);
  return path;
}
