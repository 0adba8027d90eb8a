/** What is kept of packagings no longer: pure decisions on rows as values (pipeline.md 11). */

/** For how many days what is kept. */
export interface RetentionDays {
  /** Sources and results of packagings that failed or were cancelled: so long they can be tried again. */
  readonly failedFiles: number;
  /** Logs of those, and of earlier attempts of any build. */
  readonly logs: number;
  /** All of an installed packaging, once the archive has nothing of it any more. */
  readonly gone: number;
}

export const RETENTION_DAYS: RetentionDays = { failedFiles: 30, logs: 90, gone: 90 };

export interface KeptBuild {
  readonly id: number;
  readonly bkey: string;
  readonly endedAt: string | null;
  /** It left files that are still there. */
  readonly hasFiles: boolean;
  /** Its log, and what lies beside it, is still there. */
  readonly hasLog: boolean;
  /** Names of logs of earlier attempts. */
  readonly attemptLogs: readonly string[];
}

export interface KeptPackaging {
  readonly id: number;
  readonly bkey: string;
  readonly state: string;
  readonly endedAt: string | null;
  readonly pinned: boolean;
  /** The archive has what was installed. */
  readonly isReferenced: boolean;
  /** Since when it has not, as retention saw it first. */
  readonly goneAt: string | null;
  readonly builds: readonly KeptBuild[];
}

export interface KeptUpload {
  readonly id: number;
  /** Its files are there. */
  readonly hasFiles: boolean;
  /** All that were made of it; the newest is what the upload is called by. */
  readonly packagings: readonly KeptPackaging[];
}

/** One thing that goes, and why. */
export interface Going {
  readonly id: number;
  readonly bkey: string;
  readonly reason: string;
}

export interface RetentionPlan {
  /** Ids of uploads. */
  readonly sources: readonly Going[];
  /** Ids of builds. */
  readonly results: readonly Going[];
  /** Ids of builds. */
  readonly logs: readonly Going[];
  readonly attemptLogs: readonly (Going & { readonly names: readonly string[] })[];
  /** Installed packagings of which the archive has nothing: their time begins. */
  readonly gone: readonly number[];
  /** Packagings of which nothing is left then. */
  readonly expired: readonly number[];
}

const DAY_MS = 86_400_000;

export function planRetention(
  uploads: readonly KeptUpload[],
  now: Date,
  days: RetentionDays = RETENTION_DAYS,
): RetentionPlan {
  const packagings = uploads.flatMap((upload) => upload.packagings);
  const over = (since: string | null, limit: number) =>
    since !== null && Date.parse(since) <= now.getTime() - limit * DAY_MS;
  const filesGo = (packaging: KeptPackaging) => whyFilesGo(packaging, days, over);
  const logsGo = (packaging: KeptPackaging) => whyLogsGo(packaging, days, over);

  const sources = uploads.flatMap(({ id, hasFiles, packagings: made }): Going[] => {
    const reasons = made.map(filesGo);
    const last = made.at(-1);
    const reason = reasons.at(-1);
    const isNeeded = reasons.includes(undefined);
    return hasFiles && !isNeeded && last !== undefined && reason !== undefined
      ? [{ id, bkey: last.bkey, reason }]
      : [];
  });
  const ofBuilds = (
    why: (packaging: KeptPackaging) => string | undefined,
    has: (build: KeptBuild) => boolean,
  ) =>
    packagings.flatMap((packaging) => {
      const reason = why(packaging);
      if (reason === undefined) return [];
      return packaging.builds.filter(has).map(({ id, bkey }): Going => ({ id, bkey, reason }));
    });
  const logs = ofBuilds(logsGo, ({ hasLog }) => hasLog);
  const goneLogs = new Set(logs.map(({ id }) => id));
  return {
    sources,
    results: ofBuilds(filesGo, ({ hasFiles }) => hasFiles),
    logs,
    attemptLogs: packagings
      .filter(({ pinned, endedAt }) => !pinned && endedAt !== null)
      .flatMap(({ builds }) => builds)
      .filter(({ id, endedAt, attemptLogs }) => {
        return attemptLogs.length > 0 && !goneLogs.has(id) && over(endedAt, days.logs);
      })
      .map(({ id, bkey, attemptLogs: names }) => ({
        ...{ id, bkey, names },
        reason: `the build ended ${days.logs} days ago or earlier`,
      })),
    gone: packagings.filter(isNewlyGone).map(({ id }) => id),
    expired: packagings
      .filter((packaging) => filesGo(packaging) !== undefined && logsGo(packaging) !== undefined)
      .map(({ id }) => id),
  };
}

type Over = (since: string | null, limit: number) => boolean;

function whyFilesGo(packaging: KeptPackaging, days: RetentionDays, over: Over): string | undefined {
  if (packaging.state === "INSTALLED") return whyAllGoes(packaging, days, over);
  return whyFailedGoes(packaging, days.failedFiles, over);
}

function whyLogsGo(packaging: KeptPackaging, days: RetentionDays, over: Over): string | undefined {
  if (packaging.state === "INSTALLED") return whyAllGoes(packaging, days, over);
  return whyFailedGoes(packaging, days.logs, over);
}

function whyFailedGoes(
  { pinned, endedAt, state }: KeptPackaging,
  limit: number,
  over: Over,
): string | undefined {
  if (pinned || !over(endedAt, limit)) return undefined;
  return `it ended ${limit} days ago or earlier, ${state}`;
}

function whyAllGoes(packaging: KeptPackaging, { gone }: RetentionDays, over: Over): string | undefined {
  const { pinned, isReferenced, goneAt } = packaging;
  if (pinned || isReferenced || !over(goneAt, gone)) return undefined;
  return `the archive has had nothing of it for ${gone} days or longer`;
}

function isNewlyGone({ state, isReferenced, goneAt }: KeptPackaging): boolean {
  return state === "INSTALLED" && !isReferenced && goneAt === null;
}
