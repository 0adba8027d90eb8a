import { rmdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { countAuditBefore, keptSince } from "#accounts";
import { keptDir } from "#builds";
import type { Database } from "#db";
import { countEventsBefore, forgetEventsBefore } from "#events";
import { countFilesBefore, DEFAULT_LIMITS, oldRejectedUploads } from "#incoming";
import { countJobsEndedBefore, forgetJobsEndedBefore } from "#jobs";
import { countMailsEndedBefore, forgetMailsEndedBefore } from "#mail";
import { type Clock, type Home, hasCode, isoAfter, isoNow, MbdError, removeTree } from "#platform";
import { planRetention, RETENTION_DAYS, type RetentionDays, type RetentionPlan } from "./retention-plan.ts";
import {
  expireUploads,
  isPinned,
  keptUploads,
  markBuilds,
  markPackagings,
  setPinned,
} from "./retention-store.ts";

/** What goes by retention itself. */
export interface Released extends RetentionPlan {
  /** How many events, ended jobs, and mails that went out or could not. */
  readonly events: number;
  readonly jobs: number;
  readonly mails: number;
}

/** What goes in time by other regular work. */
export interface GoingElsewhere {
  /** Rejected uploads, whose files go with the next clean-up of what came in. */
  readonly rejected: readonly { readonly id: number; readonly changes: string }[];
  /** How many received files that no upload took; they go with the same clean-up. */
  readonly unused: number;
  /** How many records of who did what; they go with the daily work of the accounts. */
  readonly records: number;
}

/** All that goes in time, but for what the archive collects itself. */
export interface Expiry extends Released, GoingElsewhere {}

/** Sources, results and logs go; rows of uploads, packagings and builds stay and say so (pipeline.md 11). */
export interface Retention {
  /** What would go now, and why, by whatever work. */
  plan(): Promise<Expiry>;
  /** What `apply` would let go now. */
  planOwn(): Promise<Released>;
  /** Lets it go and tells of that; blobs go with the next clean-up of the archive, when nothing else needs them. */
  apply(): Promise<Released>;
  /** Keeps all of a packaging for ever, or as long as others again. @throws MbdError not_found */
  pin(bkey: string, pinned: boolean): Promise<void>;
}

export interface RetentionDeps {
  readonly db: Database;
  readonly home: Pick<Home, "builds">;
  readonly clock: Clock;
  readonly days?: RetentionDays;
}

export const EVENT_DAYS = 730;
export const JOB_DAYS = 14;
export const MAIL_DAYS = 14;
const DAY_SECONDS = 86_400;

export function createRetention(deps: RetentionDeps): Retention {
  const { db, home, clock } = deps;
  const days = deps.days ?? RETENTION_DAYS;
  const daysAgo = (count: number) => isoAfter(clock, -count * DAY_SECONDS);
  const soonest = Math.min(days.failedFiles, days.logs);

  const planOwn = async (): Promise<Released> => {
    const uploads = await keptUploads(db.read, home, daysAgo(soonest));
    return {
      ...planRetention(uploads, clock.now(), days),
      events: await countEventsBefore(db.read, daysAgo(EVENT_DAYS)),
      jobs: await countJobsEndedBefore(db.read, daysAgo(JOB_DAYS)),
      mails: await countMailsEndedBefore(db.read, daysAgo(MAIL_DAYS)),
    };
  };
  const planElsewhere = async (): Promise<GoingElsewhere> => {
    const rejected = await oldRejectedUploads(db.read, isoAfter(clock, -DEFAULT_LIMITS.rejectedSeconds));
    return {
      rejected: rejected.map(({ id, changes_name: changes }) => ({ id, changes })),
      unused: await countFilesBefore(db.read, isoAfter(clock, -DEFAULT_LIMITS.unusedSeconds)),
      records: await countAuditBefore(db.read, keptSince(clock.now()).audit),
    };
  };

  return {
    plan: async () => ({ ...(await planOwn()), ...(await planElsewhere()) }),
    planOwn,
    async apply() {
      const going = await planOwn();
      // Before the rows say so: who is killed in between finds them again.
      for (const { bkey } of going.logs) {
        if (!(await isPinned(db.read, bkey))) await removeKept(home, bkey);
      }
      for (const { bkey, names } of going.attemptLogs) {
        if (await isPinned(db.read, bkey)) continue;
        for (const name of names) await unlink(join(keptDir(home, bkey), name)).catch(ignoreMissing);
      }
      await db.write(async (tx) => {
        const now = isoNow(clock);
        const ids = (list: readonly { readonly id: number }[]) => list.map(({ id }) => id);
        await expireUploads(tx, ids(going.sources), now);
        await markBuilds(tx, ids(going.results), "files_expired_at", now);
        await markBuilds(tx, ids(going.logs), "log_expired_at", now);
        await markPackagings(tx, going.gone, "release_gone_at", now);
        await markPackagings(tx, going.expired, "expired_at", now);
        await forgetEventsBefore(tx, daysAgo(EVENT_DAYS));
        await forgetJobsEndedBefore(tx, daysAgo(JOB_DAYS));
        await forgetMailsEndedBefore(tx, daysAgo(MAIL_DAYS));
      });
      return going;
    },
    async pin(bkey, pinned) {
      if (!(await db.write((tx) => setPinned(tx, bkey, pinned))))
        throw new MbdError("not_found", { what: `A packaging with bkey '${bkey}'` });
    },
  };
}

/** Log, summary and what lies beside them; directories above that are empty then go, too. */
async function removeKept(home: Pick<Home, "builds">, bkey: string): Promise<void> {
  const dir = keptDir(home, bkey);
  await removeTree(dir);
  for (let above = dirname(dir); above.startsWith(`${home.builds}/`); above = dirname(above)) {
    if (!(await removeIfEmpty(above))) return;
  }
}

async function removeIfEmpty(dir: string): Promise<boolean> {
  try {
    await rmdir(dir);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return true;
    if (hasCode(error, "ENOTEMPTY") || hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

function ignoreMissing(error: unknown): void {
  if (!hasCode(error, "ENOENT")) throw error;
}
