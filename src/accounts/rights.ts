import { isoNow, MbdError } from "#platform";
import { checkRight, type NewRight } from "./check-right.ts";
import type { PartDeps } from "./deps.ts";
import type { By } from "./principal.ts";
import { deleteRight, insertRight, listRights, type UploadRight } from "./right-store.ts";
import { columnsOf, rightText, scopeOf } from "./upload-scope.ts";
import { userToChange } from "./who.ts";

/**
 * What the active keys of users may upload. A user may have several rights for a repository; an upload needs one that
 * covers its suite and its source.
 */
export interface Rights {
  of(userId: number): Promise<UploadRight[]>;
  /** Again: changes nothing. @throws MbdError unknown_repository, bad_argument (suites, sources) */
  give(userId: number, right: NewRight, by: By): Promise<void>;
  /** By its number. @throws MbdError not_found */
  take(userId: number, rightId: number, by: By): Promise<void>;
}

export function createRights({ db, clock, audit }: PartDeps): Rights {
  return {
    of: (userId) => listRights(db.read, { userId }),
    async give(userId, right, by) {
      await db.write(async (tx) => {
        const user = await userToChange(tx, userId);
        const row = await checkRight(tx, right);
        const have = await listRights(tx, { userId, repository: row.repository });
        const same = have.map(columnsOf).some((it) => it.suites === row.suites && it.sources === row.sources);
        if (same) return;
        const made = { granted_by: by.name, created_at: isoNow(clock) };
        await insertRight(tx, { user_account_id: userId, ...row, ...made });
        const text = rightText({ ...row, ...scopeOf(row) });
        await audit.done(tx, by, "user.give_right", { user: user.name, right: text });
      });
    },
    async take(userId, rightId, by) {
      await db.write(async (tx) => {
        const user = await userToChange(tx, userId);
        const right = (await listRights(tx, { userId })).find(({ id }) => id === rightId);
        if (right === undefined)
          throw new MbdError("not_found", { what: `Upload right ${rightId} of user '${user.name}'` });
        await deleteRight(tx, rightId);
        await audit.done(tx, by, "user.take_right", { user: user.name, right: rightText(right) });
      });
    },
  };
}
