import { badArgument } from "#platform";
import type { ReadKey } from "./deps.ts";

const MIN_RSA_BITS = 3072;
const CURVES = /^(?:ed25519|ed448|nistp(?:256|384|521)|brainpoolP(?:256|384|512)r1)$/;
const MAX_USER_IDS = 50;

/** The one key that a user may have. @throws MbdError bad_argument with what is wrong */
export function checkUserKey(keys: readonly ReadKey[]): ReadKey {
  const [key] = keys;
  if (key === undefined || keys.length !== 1)
    throw badArgument("key", `it holds ${keys.length} keys; give exactly one`);
  if (key.revoked) throw badArgument("key", `key ${key.fingerprint} is revoked`);
  if (key.expired) throw badArgument("key", `key ${key.fingerprint} has expired`);
  if (key.signing.length === 0) throw badArgument("key", `key ${key.fingerprint} cannot sign`);
  const weak = [key.algorithm, ...key.signing].find((algorithm) => !isStrong(algorithm));
  if (weak !== undefined)
    throw badArgument(
      "key",
      `${weak} is too weak; Ed25519 or RSA of at least ${MIN_RSA_BITS} bits is needed`,
    );
  if (key.userIds.length > MAX_USER_IDS)
    throw badArgument("key", `it has more than ${MAX_USER_IDS} user ids`);
  return key;
}

function isStrong(algorithm: string): boolean {
  const [, bits] = /^rsa([0-9]+)$/.exec(algorithm) ?? [];
  return bits === undefined ? CURVES.test(algorithm) : Number(bits) >= MIN_RSA_BITS;
}

/** A fingerprint as people write it: 40 hex digits, with spaces, colons or `0x`; undefined for anything else. */
export function fingerprintOf(text: string): string | undefined {
  if (text.length > 100) return undefined;
  const bare = text.replace(/[\s:]/g, "").replace(/^0x/i, "");
  return /^[0-9A-Fa-f]{40}$/.test(bare) ? bare.toUpperCase() : undefined;
}
