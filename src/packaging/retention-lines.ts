import { EVENT_DAYS, type GoingElsewhere, JOB_DAYS, MAIL_DAYS, type Released } from "./retention.ts";
import type { Going } from "./retention-plan.ts";

/** What goes, for people: a line a thing with its reason, and what is only counted. */
export function retentionLines(expiry: Released & Partial<GoingElsewhere>): string[] {
  const { sources, results, logs, attemptLogs, events, jobs, mails } = expiry;
  const { rejected = [], unused = 0, records = 0 } = expiry;
  const each = (what: string, list: readonly Going[]) =>
    list.map(({ bkey, reason }) => `${what} of ${bkey}: ${reason}`);
  return [
    ...each("sources", sources),
    ...each("results", results),
    ...each("log", logs),
    ...each("logs of earlier attempts", attemptLogs),
    ...rejected.map(({ id, changes }) => `files of upload ${id} (${changes}): it was rejected`),
    ...(unused === 0 ? [] : [`${counted(unused, "received file")} that no upload took within a day`]),
    ...(events === 0 ? [] : [`${counted(events, "event")} older than ${EVENT_DAYS} days`]),
    ...(jobs === 0 ? [] : [`${counted(jobs, "job")} that ended ${JOB_DAYS} days ago or earlier`]),
    ...(mails === 0 ? [] : [`${counted(mails, "mail")} that ended ${MAIL_DAYS} days ago or earlier`]),
    ...(records === 0 ? [] : [`${counted(records, "record")} of who did what, older than two years`]),
  ];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** The same in one sentence. */
export function retentionSummary({
  sources,
  results,
  logs,
  attemptLogs,
  events,
  jobs,
  mails,
}: Released): string {
  const counts = [
    `sources of ${counted(sources.length, "upload")}`,
    `results of ${counted(results.length, "build")}`,
    `logs of ${counted(logs.length + attemptLogs.length, "build")}`,
    counted(events, "event"),
    counted(jobs, "job"),
    counted(mails, "mail"),
  ];
  return `${counts.slice(0, -1).join(", ")} and ${counts.at(-1)} went`;
}
