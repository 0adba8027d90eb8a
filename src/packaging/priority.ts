import { BUILD_JOB, buildSubject } from "#builds";
import type { Database } from "#db";
import { parseBkey } from "#deb";
import { setJobPriority } from "#jobs";
import { MbdError } from "#platform";
import { buildsOf, findPackagingByBkey } from "./packaging-store.ts";
import { isEnded } from "./states.ts";

const HOTFIX = 10;

/** Of all jobs of a packaging: that of the port that made it, if it has one, else by its suite (pipeline.md 4). */
export function priorityOf(facts: { readonly suite: string; readonly port?: number | undefined }): number {
  return facts.port || (facts.suite === "hotfix" ? HOTFIX : 0);
}

export interface PriorityAnswer {
  readonly bkey: string;
  readonly priority: number;
  /** Builds that had not ended. */
  readonly builds: number;
}

/** Jobs of a packaging itself, which are its own way through the queue before and behind its builds. */
const OWN_JOBS = ["prepare", "install"];

/** Call `set_priority`: of an unfinished packaging, of all its builds, also those to come, and of what else it waits for. */
export async function setPriority(
  { db }: { readonly db: Database },
  bkey: string,
  priority: number,
): Promise<PriorityAnswer> {
  const arch = parseBkey(bkey)?.architecture;
  const packagingBkey = arch === undefined ? bkey : bkey.slice(0, -arch.length - 1);
  return await db.write(async (tx) => {
    const packaging = await findPackagingByBkey(tx, packagingBkey);
    if (packaging === undefined) throw new MbdError("not_found", { what: `A packaging with bkey '${bkey}'` });
    const { id, ended_at, state } = packaging;
    if (ended_at !== null) throw new MbdError("finished", { bkey: packagingBkey, state });
    await tx.updateTable("packaging").set({ priority }).where("id", "=", id).execute();
    const open = (await buildsOf(tx, id)).filter((build) => !isEnded(build.state));
    for (const build of open) {
      await setJobPriority(tx, { kind: BUILD_JOB, subject: buildSubject(build.id) }, priority);
    }
    for (const kind of OWN_JOBS) await setJobPriority(tx, { kind, subject: `packaging:${id}` }, priority);
    return { bkey: packagingBkey, priority, builds: open.length };
  });
}
