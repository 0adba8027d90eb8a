import type { ChrootService } from "#chroots";
import type { Database } from "#db";
import type { JobQueue } from "#jobs";
import { errorText, type Log } from "#platform";
import { listSources, SOURCE_CHECK } from "#sources";

const DAY_MS = 24 * 3600 * 1000;

export interface DailyDeps {
  readonly db: Database;
  readonly queue: JobQueue;
  readonly log: Log;
  readonly chroots: Pick<ChrootService, "remakeDue">;
}

/** Work of each day, asked for at start and then daily: jobs make sure that it is done once. */
export function startDaily(deps: DailyDeps): { stop(): Promise<void> } {
  const run = () => {
    askForAll(deps).catch((error: unknown) =>
      deps.log.error({ error: errorText(error) }, "daily work could not be asked for"),
    );
  };
  run();
  const timer = setInterval(run, DAY_MS);
  return {
    async stop() {
      clearInterval(timer);
    },
  };
}

async function askForAll({ db, queue, chroots }: DailyDeps): Promise<void> {
  const sources = await listSources(db.read);
  await db.write(async (tx) => {
    await queue.enqueue(tx, { kind: "cleanup", subject: "incoming" });
    for (const { id } of sources) await queue.enqueue(tx, { kind: SOURCE_CHECK, subject: `source:${id}` });
  });
  await chroots.remakeDue();
}
