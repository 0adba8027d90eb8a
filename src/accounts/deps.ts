import type { Database, Tx } from "#db";
import type { Clock, Log } from "#platform";
import type { Audit } from "./audit.ts";
import type { Passwords, ScryptCost } from "./passwords.ts";
import type { SignInLimits } from "./sign-in-limits.ts";

/** A mail to send, put into the outbox with the change that it tells of; mails of one `key` are sent once. */
export type PutMail = (
  tx: Tx,
  mail: { readonly to: string; readonly subject: string; readonly body: string; readonly key: string },
) => Promise<void>;

/** What reading an OpenPGP public key tells (KeyInfo of `#keys`). */
export interface ReadKey {
  /** Primary fingerprint, upper-case hex. */
  readonly fingerprint: string;
  /** Those that are not revoked. */
  readonly userIds: readonly string[];
  /** As gpg names it: ed25519, rsa4096. */
  readonly algorithm: string;
  /** ISO-8601 UTC. */
  readonly createdAt: string;
  readonly expiresAt?: string;
  readonly expired: boolean;
  readonly revoked: boolean;
  /** Algorithms of the primary key and subkeys that can sign now. */
  readonly signing: readonly string[];
  readonly binary: Uint8Array;
}

export interface AccountsDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log?: Log;
  /** Without it, mail does not work here: an administrator activates accounts and hands on addresses. */
  readonly mail?: PutMail;
  /** Address of this instance as others see it, without a slash at its end. */
  url(): Promise<string>;
  /** What checking a password costs, where it is not the usual; for tests. */
  readonly scrypt?: ScryptCost;
  /** Public keys of a file's bytes, armoured or binary. @throws MbdError bad_argument with what is wrong with them */
  readKeys(bytes: Uint8Array): Promise<readonly ReadKey[]>;
}

/** What the parts share. */
export interface PartDeps extends AccountsDeps {
  readonly audit: Audit;
  readonly passwords: Passwords;
  readonly limits: SignInLimits;
}
