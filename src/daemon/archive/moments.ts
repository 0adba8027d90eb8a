import type { ArchiveReport, ArchiveRequest } from "#api";
import type { Moment } from "#archive";
import { MbdError } from "#platform";
import type { ArchiveHandDeps } from "./deps.ts";

type Requested<C extends ArchiveRequest["command"]> = Extract<ArchiveRequest, { command: C }>;

/** So many are shown unless more are asked for: a busy repository has thousands. */
const LIMIT = 100;
const TIMESTAMP = /^\d{8}T\d{6}Z$/;

export async function listMoments(
  { archive }: ArchiveHandDeps,
  { repository, limit = LIMIT, pinned }: Requested<"moment-list">,
): Promise<ArchiveReport> {
  await checkRepository({ archive }, repository);
  const moments = await archive.moments(repository, { limit, pinned: pinned === true });
  return { lines: moments.map(momentLine), result: { repository, moments } };
}

/** Keeps a moment for ever, or (`pinned: false`) no longer than others again. */
export async function pinMoment(
  { archive, db }: ArchiveHandDeps,
  { repository, timestamp, pinned }: Requested<"moment-pin">,
): Promise<ArchiveReport> {
  await checkRepository({ archive }, repository);
  if (!TIMESTAMP.test(timestamp)) {
    const reason = `'${timestamp}' is not of the form YYYYMMDDTHHMMSSZ, as 'archive moment list' prints it`;
    throw new MbdError("bad_argument", { argument: "timestamp", reason });
  }
  const moment = await db.write(async (tx) => {
    const found = await archive.momentAt(repository, timestamp, tx);
    if (found === undefined)
      throw new MbdError("not_found", { what: `Moment ${timestamp} of repository '${repository}'` });
    await archive.pinMoment(tx, { repository, publish: found.publish, pinned });
    return { ...found, pinned };
  });
  const kept = pinned ? "is kept for ever" : "is kept as long as others";
  return {
    lines: [`${repository}: ${moment.timestamp} (${moment.cause}) ${kept}`],
    result: { repository, ...moment },
  };
}

async function checkRepository(
  { archive }: Pick<ArchiveHandDeps, "archive">,
  repository: string,
): Promise<void> {
  const known = (await archive.distributions()).some((row) => row.repository === repository);
  if (!known) throw new MbdError("not_found", { what: `Repository '${repository}'` });
}

function momentLine({ timestamp, cause, pinned }: Moment): string {
  return `${timestamp} ${cause}${pinned ? " (pinned)" : ""}`;
}
