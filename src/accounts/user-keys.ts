import type { Row } from "#db";
import { isoNow, MbdError } from "#platform";
import type { PartDeps, ReadKey } from "./deps.ts";
import { checkUserKey, fingerprintOf } from "./key-rules.ts";
import {
  deleteUserKey,
  findUserKey,
  isActiveElsewhere,
  listUserKeys,
  replaceUserKey,
  setKeyActivation,
} from "./key-store.ts";
import type { By } from "./principal.ts";
import { listRights, type UploadRight } from "./right-store.ts";
import { findUploaderKey } from "./uploader-store.ts";
import { keyState } from "./users.ts";
import { selfOf, userToChange } from "./who.ts";

export interface OwnKey {
  readonly fingerprint: string;
  readonly userIds: readonly string[];
  /** As gpg names it: ed25519, rsa4096. */
  readonly algorithm: string;
  /** ISO-8601 UTC, as of the key itself. */
  readonly created: string;
  readonly expires?: string;
  /** waiting: an administrator must activate it. */
  readonly state: "waiting" | "active";
}

export interface WaitingKey extends OwnKey {
  readonly userId: number;
  readonly name: string;
  readonly email: string;
  /** What it will upload. */
  readonly rights: readonly UploadRight[];
}

/** The OpenPGP keys of users, one each. */
export interface UserKeys {
  /**
   * Takes a public key (armoured), or the fingerprint of a key that an administrator added here or that the user has.
   * It replaces the former one and waits, unless it is the same key with new data. @throws MbdError bad_argument
   */
  set(given: { userId: number; key: string }, by?: By): Promise<OwnKey>;
  /** What `set` would take; changes nothing. */
  look(given: { userId: number; key: string }): Promise<OwnKey>;
  get(userId: number): Promise<OwnKey | undefined>;
  remove(userId: number, by?: By): Promise<void>;
  /** Keys of active users that wait. */
  waiting(): Promise<WaitingKey[]>;
  /**
   * `fingerprint`: of the key that was decided about, as another may be set meanwhile.
   * @throws MbdError not_found, key_taken, key_changed
   */
  activate(userId: number, by: By, fingerprint?: string): Promise<void>;
  deactivate(userId: number, by: By): Promise<void>;
}

export function createUserKeys(deps: PartDeps): UserKeys {
  const { db, clock, audit } = deps;

  /** The key that a user names or gives. */
  async function read(userId: number, text: string): Promise<ReadKey> {
    const fingerprint = fingerprintOf(text);
    if (fingerprint === undefined) return checkUserKey(await deps.readKeys(Buffer.from(text)));
    const own = await findUserKey(db.read, userId);
    const data = own?.fingerprint === fingerprint ? own.key : await findUploaderKey(db.read, fingerprint);
    if (data === undefined) throw new MbdError("not_found", { what: `Key ${fingerprint}` });
    return checkUserKey(await deps.readKeys(Buffer.from(data, "base64")));
  }

  async function activation(userId: number, by: By, activate: boolean, decided?: string): Promise<void> {
    await db.write(async (tx) => {
      const user = await userToChange(tx, userId);
      const key = await findUserKey(tx, userId);
      if (key === undefined) throw new MbdError("not_found", { what: `A key of user '${user.name}'` });
      const { fingerprint } = key;
      if (decided !== undefined && decided !== fingerprint)
        throw new MbdError("key_changed", { name: user.name, fingerprint });
      if (activate && (await isActiveElsewhere(tx, fingerprint, userId)))
        throw new MbdError("key_taken", { fingerprint });
      if (activate === (keyState(key) === "active")) return;
      const now = activate ? isoNow(clock) : null;
      await setKeyActivation(tx, userId, { activated_at: now, activated_by: activate ? by.name : null });
      const action = activate ? "user.activate_key" : "user.deactivate_key";
      await audit.done(tx, by, action, { user: user.name, fingerprint });
    });
  }

  return {
    async set({ userId, key: text }, by) {
      const key = await read(userId, text);
      const { fingerprint } = key;
      return await db.write(async (tx) => {
        await userToChange(tx, userId);
        const { who, given } = await selfOf(tx, userId, by);
        const before = await findUserKey(tx, userId);
        const same = before?.fingerprint === fingerprint ? before : undefined;
        const row = {
          ...{ user_account_id: userId, fingerprint, user_ids: JSON.stringify(key.userIds) },
          ...{
            algorithm: key.algorithm,
            key_created_at: key.createdAt,
            key_expires_at: key.expiresAt ?? null,
          },
          ...{ key: Buffer.from(key.binary).toString("base64"), created_at: isoNow(clock) },
          // What an administrator believed is the primary key; only its owner can have given it new data.
          activated_at: same?.activated_at ?? null,
          activated_by: same?.activated_by ?? null,
        };
        await replaceUserKey(tx, row);
        await audit.done(tx, who, "account.set_key", { ...given, fingerprint });
        return viewOf(row);
      });
    },
    async look({ userId, key: text }) {
      const { fingerprint, userIds, algorithm, createdAt: created, expiresAt } = await read(userId, text);
      const ends = expiresAt === undefined ? {} : { expires: expiresAt };
      return { fingerprint, userIds, algorithm, created, ...ends, state: "waiting" };
    },
    async get(userId) {
      const row = await findUserKey(db.read, userId);
      return row === undefined ? undefined : viewOf(row);
    },
    async remove(userId, by) {
      await db.write(async (tx) => {
        const key = await findUserKey(tx, userId);
        if (key === undefined) return;
        await deleteUserKey(tx, userId);
        const { who, given } = await selfOf(tx, userId, by);
        await audit.done(tx, who, "account.remove_key", { ...given, fingerprint: key.fingerprint });
      });
    },
    async waiting() {
      const [keys, rights] = await Promise.all([listUserKeys(db.read), listRights(db.read)]);
      return keys
        .filter((row) => row.active === 1 && row.activated_at === null)
        .map((row) => ({
          ...viewOf(row),
          ...{ userId: row.user_account_id, name: row.name, email: row.email },
          rights: rights.filter((right) => right.userId === row.user_account_id),
        }));
    },
    activate: (userId, by, fingerprint) => activation(userId, by, true, fingerprint),
    deactivate: (userId, by) => activation(userId, by, false),
  };
}

function viewOf(row: Omit<Row<"user_key">, "id">): OwnKey {
  return {
    ...{ fingerprint: row.fingerprint, userIds: JSON.parse(row.user_ids) as string[] },
    ...{ algorithm: row.algorithm, created: row.key_created_at, state: keyState(row) },
    ...(row.key_expires_at === null ? {} : { expires: row.key_expires_at }),
  };
}
