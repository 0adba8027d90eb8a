import type { Executor } from "#db";
import { FORGOTTEN } from "../suites/index.ts";
import { endOfSecond } from "./moments.ts";

/** A publish of a repository that clients may go back to. */
export interface Moment {
  readonly publish: number;
  /** As apt and addresses name it: `20240102T030405Z`. */
  readonly timestamp: string;
  /** What was done. */
  readonly cause: string;
  readonly pinned: boolean;
}

/** The newest first. */
export async function listMoments(
  db: Executor,
  repository: string,
  options: { readonly limit: number; readonly pinned?: boolean },
): Promise<Moment[]> {
  const rows = await publishes(db, repository)
    .where("cause", "!=", FORGOTTEN)
    .$if(options.pinned === true, (query) => query.where("pinned", "=", 1))
    .limit(options.limit)
    .execute();
  return rows.map(momentOf);
}

/** What a timestamp means: the newest publish up to the end of that second. Undefined where that is kept no more. */
export async function momentAt(
  db: Executor,
  repository: string,
  timestamp: string,
): Promise<Moment | undefined> {
  const end = endOfSecond(timestamp);
  if (end === undefined) return undefined;
  const newest = await publishes(db, repository).where("time", "<", end).limit(1).executeTakeFirst();
  return newest === undefined || newest.cause === FORGOTTEN ? undefined : momentOf(newest);
}

function publishes(db: Executor, repository: string) {
  return db
    .selectFrom("publish")
    .select(["id", "time", "cause", "pinned"])
    .where("repository", "=", repository)
    .orderBy("time", "desc")
    .orderBy("id", "desc");
}

interface PublishRow {
  readonly id: number;
  readonly time: string;
  readonly cause: string;
  readonly pinned: number;
}

function momentOf({ id, time, cause, pinned }: PublishRow): Moment {
  const timestamp = time.replace(/\.\d+Z$/, "Z").replaceAll(/[-:]/g, "");
  return { publish: Number(id), timestamp, cause, pinned: pinned === 1 };
}
