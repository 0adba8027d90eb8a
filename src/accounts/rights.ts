import { isoNow, MbdError } from "#platform";
import type { PartDeps } from "./deps.ts";
import type { By } from "./principal.ts";
import { deleteRights, insertRights, listRights, repositoryNames } from "./right-store.ts";
import { userOf } from "./who.ts";

/** To which repositories the active keys of users may upload. */
export interface Rights {
  of(userId: number): Promise<string[]>;
  /** Exactly these from now on. @throws MbdError unknown_repository */
  set(userId: number, repositories: readonly string[], by: By): Promise<void>;
}

export function createRights({ db, clock, audit }: PartDeps): Rights {
  return {
    of: async (userId) => (await listRights(db.read, userId)).map((right) => right.repository),
    async set(userId, repositories, by) {
      await db.write(async (tx) => {
        const user = await userOf(tx, userId);
        const have = (await listRights(tx, userId)).map((right) => right.repository);
        const added = [...new Set(repositories)].filter((name) => !have.includes(name));
        const taken = have.filter((name) => !repositories.includes(name));
        const known = added.length === 0 ? [] : await repositoryNames(tx);
        const unknown = added.find((name) => !known.includes(name));
        if (unknown !== undefined)
          throw new MbdError("unknown_repository", {
            ...{ repository: unknown.slice(0, 80), known: known.join(", ") || "none yet" },
          });
        if (added.length === 0 && taken.length === 0) return;
        await deleteRights(tx, userId, taken);
        const right = { user_account_id: userId, granted_by: by.name, created_at: isoNow(clock) };
        await insertRights(
          tx,
          added.map((repository) => ({ ...right, repository })),
        );
        await audit.done(tx, by, "user.set_rights", {
          ...{ user: user.name, given: added.sort().join(","), taken: taken.join(",") },
        });
      });
    },
  };
}
