import { checkRight, LOCAL_BY, rightText, saveUploaderKey, scopeOf } from "#accounts";
import type { AdminService, SettingsAdmin } from "#api";
import { readKeys } from "#keys";
import type { Hooks } from "#notify";
import { createRetention, retentionLines } from "#packaging";
import { isoNow, MbdError } from "#platform";
import type { Foundation } from "./foundation.ts";

/** The administrator's direct hand: on the control socket of a daemon, or on the home itself when none runs. */
export function createAdmin(
  foundation: Pick<Foundation, "accounts" | "db" | "exec" | "clock" | "home"> & {
    readonly hooks: Hooks;
    readonly settings: SettingsAdmin;
  },
): AdminService {
  const { accounts, db, exec, clock, hooks } = foundation;
  const retention = createRetention(foundation);

  async function idOf(name: string): Promise<number> {
    const user = (await accounts.users.list()).find((it) => it.name === name);
    if (user === undefined) throw new MbdError("not_found", { what: `User '${name}'` });
    return user.id;
  }

  return {
    settings: foundation.settings,
    createToken: async ({ name, level }) => ({ secret: await accounts.createToken(name, level) }),
    async listTokens() {
      return { tokens: await accounts.listMachineTokens() };
    },
    revokeToken: ({ token }) => accounts.revokeMachineToken(token),
    saveUser: ({ name, level, password, email }) => accounts.saveUser(name, level, password, email),
    setEmail: async ({ name, email }) => await accounts.users.setEmail(await idOf(name), email, LOCAL_BY),
    async addKey({ key, ...wanted }) {
      const keys = await readKeys(Buffer.from(key, "base64"), exec);
      const [first] = keys;
      if (first === undefined || keys.length !== 1) {
        const reason = `the file holds ${keys.length} keys; give one at a time`;
        throw new MbdError("bad_argument", { argument: "key", reason });
      }
      const { fingerprint, userId } = first;
      return await db.write(async (tx) => {
        const right = await checkRight(tx, wanted);
        await saveUploaderKey(tx, {
          ...{ ...right, fingerprint, user_id: userId },
          key: Buffer.from(first.binary).toString("base64"),
          active: 1,
          created_at: isoNow(clock),
        });
        const may = rightText({ ...right, ...scopeOf(right) });
        await accounts.audit.done(tx, LOCAL_BY, "uploader.add_key", { right: may, fingerprint });
        return { fingerprint, userId, may };
      });
    },
    async listUsers() {
      const users = await accounts.users.list();
      return { users: users.map(({ name, level, state, email }) => ({ name, level, state, email })) };
    },
    async resetUser({ name }) {
      const secret = await accounts.registration.resetLink(await idOf(name), LOCAL_BY);
      return { address: await accounts.registration.resetAddress(secret) };
    },
    disableUser: async ({ name }) => await accounts.users.switchOff(await idOf(name), LOCAL_BY),
    activateUser: async ({ name }) => await accounts.users.activate(await idOf(name), LOCAL_BY),
    addHook: (hook) => hooks.add(hook, LOCAL_BY),
    listHooks: async () => ({ hooks: await hooks.list() }),
    removeHook: ({ name }) => hooks.remove(name, LOCAL_BY),
    testHook: ({ name }) => hooks.test(name),
    retention: async ({ dryRun }) => ({
      lines: retentionLines(await (dryRun ? retention.plan() : retention.apply())),
    }),
    pin: ({ bkey, pinned }) => retention.pin(bkey, pinned),
  };
}
