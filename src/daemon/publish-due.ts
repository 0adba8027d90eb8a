import { PUBLISH_KIND } from "#archive";
import type { Database } from "#db";
import { openJobs, settleJobs } from "#jobs";
import { errorText, isoNow, type Log, systemClock } from "#platform";

/** Does the work of all publish jobs, also of those that an earlier command left when it was killed. */
export async function publishDue(
  archive: { publish(repository: string, distribution: string): Promise<void> },
  db: Database,
  log: Log,
): Promise<void> {
  const done: number[] = [];
  for (const { id, subject } of await openJobs(db.read, PUBLISH_KIND)) {
    const slash = subject.indexOf("/");
    try {
      await archive.publish(subject.slice(0, slash), subject.slice(slash + 1));
      done.push(id);
    } catch (error) {
      // Stays a job, for the next command or a daemon; what this command changed has told of its own failure.
      log.warn({ subject, error: errorText(error) }, "publish failed");
    }
  }
  if (done.length > 0) await db.write((tx) => settleJobs(tx, done, isoNow(systemClock)));
}
