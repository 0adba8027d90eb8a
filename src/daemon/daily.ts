import type { Archive } from "#archive";
import type { ChrootService } from "#chroots";
import type { Database } from "#db";
import type { JobQueue } from "#jobs";
import { errorText, type Log } from "#platform";
import { listSources, SOURCE_CHECK } from "#sources";

const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;
/** Subject of the `cleanup` job that collects the garbage of all archives. */
export const ARCHIVE_CLEANUP = "archive";
/** Subject of the one that deletes ended sessions and links. */
export const ACCOUNTS_CLEANUP = "accounts";

export interface DailyDeps {
  readonly db: Database;
  readonly queue: JobQueue;
  readonly log: Log;
  readonly chroots: Pick<ChrootService, "remakeDue">;
  readonly archive: Pick<Archive, "renewDue">;
}

/**
 * Work of each day, asked for at start and then daily: jobs make sure that it is done once. Each hour, releases are
 * renewed that are valid for half of their time only.
 */
export function startDaily(deps: DailyDeps): { stop(): Promise<void> } {
  const repeat = (ask: () => Promise<unknown>, everyMs: number) => {
    const run = () => {
      ask().catch((error: unknown) =>
        deps.log.error({ error: errorText(error) }, "daily work could not be asked for"),
      );
    };
    run();
    return setInterval(run, everyMs);
  };
  const timers = [repeat(() => askForAll(deps), DAY_MS), repeat(() => deps.archive.renewDue(), HOUR_MS)];
  return {
    async stop() {
      for (const timer of timers) clearInterval(timer);
    },
  };
}

async function askForAll({ db, queue, chroots }: DailyDeps): Promise<void> {
  const sources = await listSources(db.read);
  await db.write(async (tx) => {
    await queue.enqueue(tx, { kind: "cleanup", subject: "incoming" });
    await queue.enqueue(tx, { kind: "cleanup", subject: ARCHIVE_CLEANUP, priority: -1 });
    await queue.enqueue(tx, { kind: "cleanup", subject: ACCOUNTS_CLEANUP, priority: -1 });
    for (const { id } of sources) await queue.enqueue(tx, { kind: SOURCE_CHECK, subject: `source:${id}` });
  });
  await chroots.remakeDue();
}
