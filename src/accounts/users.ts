import type { Database, Tx } from "#db";
import { badArgument, isoNow, MbdError } from "#platform";
import type { PartDeps } from "./deps.ts";
import { listUserKeys } from "./key-store.ts";
import { useLinks } from "./link-store.ts";
import { activationMail } from "./mails.ts";
import { type By, type Level, lowerLevel } from "./principal.ts";
import { listRights, type UploadRight } from "./right-store.ts";
import { revokeSessions } from "./session-store.ts";
import { revokeTokens } from "./token-store.ts";
import { countActiveAdmins, listUsers, type UserRow, updateUser } from "./user-store.ts";
import { userOf } from "./who.ts";

export interface UserView {
  readonly id: number;
  readonly name: string;
  /** Empty when unknown. */
  readonly email: string;
  readonly level: Level;
  /** registered: waits for its first activation. */
  readonly state: "active" | "registered" | "off";
  readonly createdAt: string;
  readonly lastLoginAt?: string;
  readonly key?: { readonly fingerprint: string; readonly state: "waiting" | "active" };
  /** What the user may upload. */
  readonly rights: readonly UploadRight[];
}

export interface Users {
  list(): Promise<UserView[]>;
  /** @throws MbdError not_found, as all below */
  get(id: number): Promise<UserView>;
  activate(id: number, by: By): Promise<void>;
  /** Ends sessions and tokens, too. @throws MbdError last_admin */
  switchOff(id: number, by: By): Promise<void>;
  /** @throws MbdError last_admin */
  setLevel(id: number, level: Level, by: By): Promise<void>;
}

export function createUsers(deps: PartDeps): Users {
  const { db, clock, audit } = deps;

  async function list(): Promise<UserView[]> {
    const [users, rights, keys] = await Promise.all([
      listUsers(db.read),
      listRights(db.read),
      listUserKeys(db.read),
    ]);
    return users.map((user) => {
      const key = keys.find((row) => row.user_account_id === user.id);
      return {
        ...{ id: user.id, name: user.name, email: user.email, createdAt: user.created_at },
        ...{ level: lowerLevel(user.level, user.level), state: stateOf(user) },
        rights: rights.filter((right) => right.userId === user.id),
        ...(user.last_login_at === null ? {} : { lastLoginAt: user.last_login_at }),
        ...(key === undefined ? {} : { key: { fingerprint: key.fingerprint, state: keyState(key) } }),
      };
    });
  }

  return {
    list,
    async get(id) {
      const user = (await list()).find((item) => item.id === id);
      if (user === undefined) throw new MbdError("not_found", { what: `User ${id}` });
      return user;
    },
    async activate(id, by) {
      const url = await deps.url();
      await db.write(async (tx) => {
        const user = await userOf(tx, id);
        if (user.active === 1) return;
        const now = isoNow(clock);
        await updateUser(tx, id, { active: 1, activated_at: user.activated_at ?? now });
        await useLinks(tx, id, "confirm", now);
        await audit.done(tx, by, "user.activate", { user: user.name });
        if (user.email !== "") await deps.mail?.(tx, activationMail(user, url, now));
      });
    },
    async switchOff(id, by) {
      await db.write(async (tx) => {
        const user = await userOf(tx, id);
        if (stateOf(user) === "off") return;
        await keepAnAdmin(tx, db.dialect, user);
        const now = isoNow(clock);
        await updateUser(tx, id, { active: 0, activated_at: user.activated_at ?? now });
        await revokeSessions(tx, id, {}, now);
        await revokeTokens(tx, id, undefined, now);
        for (const purpose of ["confirm", "reset"]) await useLinks(tx, id, purpose, now);
        await audit.done(tx, by, "user.switch_off", { user: user.name });
      });
    },
    async setLevel(id, level, by) {
      if (level === "NONE") throw badArgument("level", "it is LOGIN, STAFF or ADMIN");
      await db.write(async (tx) => {
        const user = await userOf(tx, id);
        if (user.level === level) return;
        await keepAnAdmin(tx, db.dialect, user);
        await updateUser(tx, id, { level });
        await audit.done(tx, by, "user.set_level", { user: user.name, level, before: user.level });
      });
    },
  };
}

/** Somebody must be able to let the others in again. */
async function keepAnAdmin(tx: Tx, dialect: Database["dialect"], user: UserRow): Promise<void> {
  if (user.level !== "ADMIN" || user.active !== 1) return;
  if ((await countActiveAdmins(tx, dialect)) <= 1) throw new MbdError("last_admin", { name: user.name });
}

export function stateOf(user: Pick<UserRow, "active" | "activated_at">): UserView["state"] {
  if (user.active === 1) return "active";
  return user.activated_at === null ? "registered" : "off";
}

export function keyState(key: { readonly activated_at: string | null }): "waiting" | "active" {
  return key.activated_at === null ? "waiting" : "active";
}
