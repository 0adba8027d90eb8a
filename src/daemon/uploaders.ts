import { listRights, listUploaderKeys, listUserKeys, type UploadScope } from "#accounts";
import type { CALLS, ResultOfCall } from "#api";
import type { Executor } from "#db";
import { listRepositories } from "#repositories";

/** Who may upload to each of some repositories: with which keys, and whose keys wait. */
export async function uploadersOf(
  db: Executor,
  identities: readonly string[],
): Promise<ResultOfCall<typeof CALLS.uploaders>> {
  const repositories = (await listRepositories(db)).filter((row) => identities.includes(row.identity));
  const userKeys = await listUserKeys(db);
  const entries = [];
  for (const { identity, allow_unauthenticated_uploads, extra_uploader_keyrings } of repositories) {
    const keys = (await listUploaderKeys(db, identity)).map(({ fingerprint, user_id, user, may }) => ({
      ...{ fingerprint, user_id, ...(user === undefined ? {} : { user }) },
      may: may.map(viewOf),
    }));
    const rights = await listRights(db, { repository: identity });
    const waiting = userKeys
      .filter((key) => key.active === 1 && key.activated_at === null)
      .map(({ fingerprint, user_ids, name: user, user_account_id }) => ({
        ...{ fingerprint, user, user_id: (JSON.parse(user_ids) as string[])[0] ?? "" },
        may: rights.filter(({ userId }) => userId === user_account_id).map(viewOf),
      }))
      .filter(({ may }) => may.length > 0);
    const unauthenticated = allow_unauthenticated_uploads === 1;
    const keyrings = JSON.parse(extra_uploader_keyrings) as string[];
    entries.push([identity, { unauthenticated, keyrings, keys, waiting }] as const);
  }
  return Object.fromEntries(entries);
}

function viewOf({ suites, sources }: UploadScope) {
  return { suites: [...suites], sources: [...sources] };
}
