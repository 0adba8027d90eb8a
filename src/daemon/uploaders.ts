import { listRights, listUploaderKeys, listUserKeys } from "#accounts";
import type { CALLS, ResultOfCall } from "#api";
import type { Executor } from "#db";
import { listRepositories } from "#repositories";

/** Who may upload to each of some repositories: with which keys, and whose keys wait. */
export async function uploadersOf(
  db: Executor,
  identities: readonly string[],
): Promise<ResultOfCall<typeof CALLS.uploaders>> {
  const repositories = (await listRepositories(db)).filter((row) => identities.includes(row.identity));
  const [rights, userKeys] = [await listRights(db), await listUserKeys(db)];
  const entries = [];
  for (const { identity, allow_unauthenticated_uploads, extra_uploader_keyrings } of repositories) {
    const users = rights.filter((right) => right.repository === identity).map((right) => right.userId);
    const waiting = userKeys.filter(
      (key) => key.active === 1 && key.activated_at === null && users.includes(key.user_account_id),
    );
    const keys = (await listUploaderKeys(db, identity)).map(({ fingerprint, user_id, user }) => ({
      fingerprint,
      user_id,
      ...(user === undefined ? {} : { user }),
    }));
    const entry = {
      unauthenticated: allow_unauthenticated_uploads === 1,
      keyrings: JSON.parse(extra_uploader_keyrings) as string[],
      keys,
      waiting: waiting.map(({ fingerprint, user_ids, name }) => ({
        ...{ fingerprint, user: name, user_id: (JSON.parse(user_ids) as string[])[0] ?? "" },
      })),
    };
    entries.push([identity, entry] as const);
  }
  return Object.fromEntries(entries);
}
