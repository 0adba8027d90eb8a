import type { ArchiveIo, ArchiveReport, ArchiveRequest } from "#api";
import type { Archive, Finding, GcReport, VerifyRelease } from "#archive";
import type { Database } from "#db";
import { exportKey } from "#keys";
import { publishNow } from "#repositories";
import { readSetting } from "../identity.ts";
import type { ArchiveHandDeps } from "./deps.ts";
import { blobUsers, busySources } from "./users.ts";

type Requested<C extends ArchiveRequest["command"]> = Extract<ArchiveRequest, { command: C }>;

export async function collect(
  deps: ArchiveHandDeps,
  { dryRun }: Requested<"gc">,
  io: ArchiveIo,
): Promise<ArchiveReport> {
  const { archive, db } = deps;
  const report = await archive.gc({
    ...usersIn(db),
    dryRun: dryRun === true,
    signal: io.signal,
    onProgress: ({ what, done }) => io.progress({ what: `looking through ${what}`, done, total: 0 }),
  });
  if (report.changed.length > 0) {
    io.progress({ what: "publishing", done: 0, total: 0 });
    await publishNow(deps.archive, report.changed);
  }
  return { lines: gcLines(report), result: { ...report } };
}

/** Who needs blobs and sources, as a collection of garbage asks. */
export function usersIn(db: Database) {
  return {
    blobUsers: (sha256s: readonly string[]) => blobUsers(db.read, sha256s),
    busySources,
  };
}

/** The work of each day: what is kept no longer goes. */
export async function collectDaily(
  { archive, db }: { readonly archive: Archive; readonly db: Database },
  signal: AbortSignal,
): Promise<GcReport> {
  return await archive.gc({ ...usersIn(db), signal });
}

function gcLines(report: GcReport): string[] {
  const { dryRun, expired, forgotten, names, blobs } = report;
  const { packages, releases, memberships, temporaries, chunks, moments } = report;
  const would = dryRun ? "would be " : "";
  const files = forgotten.map(
    ({ repository, path, sizeBytes }) =>
      `${repository}/${path} ${would}needed no longer (${sizeBytes} bytes); it goes a day later`,
  );
  const counts = `${memberships} entries of earlier states, ${releases} releases and ${packages} packages`;
  const others = `${temporaries} unfinished files, ${chunks} pieces of indices and ${moments} earlier states in the cache`;
  const rollbacks = expired.map(
    ({ distribution, source, version, days }) =>
      `${distribution}: ${source} ${version} ${would}removed, as rollbacks are kept for ${days} days`,
  );
  return [
    ...rollbacks,
    ...files,
    `${counts} ${would}forgotten`,
    `${names.count} names in pools and ${blobs.count} files of the store (${blobs.bytes} bytes) ${would}removed`,
    `${others} ${would}removed`,
  ];
}

export async function check(
  deps: ArchiveHandDeps,
  { repair, full, repository }: Requested<"check">,
  io: ArchiveIo,
): Promise<ArchiveReport> {
  const report = await deps.archive.check({
    repair: repair === true,
    full: full === true,
    verify: await verifierOf(deps),
    signal: io.signal,
    onProgress: ({ what, done, total }) => io.progress({ what: `checking ${what}`, done, total }),
    ...(repository === undefined ? {} : { repository }),
  });
  const { findings, distributions } = report;
  const wrong = findings.filter(({ repaired }) => !repaired);
  const summary =
    findings.length === 0
      ? `${distributions} distributions are as they should be`
      : `${findings.length} things were wrong, ${findings.length - wrong.length} of them were mended`;
  return {
    lines: [...findings.map(findingLine), summary],
    result: { ...report },
    ...(wrong.length > 0 ? { failed: true } : {}),
  };
}

function findingLine({ where, what, repaired }: Finding): string {
  return `${where}: ${what}${repaired ? " (mended)" : ""}`;
}

/** With the key that signs now. */
async function verifierOf({ db, exec, home, verifier }: ArchiveHandDeps): Promise<VerifyRelease> {
  const fingerprint = (await readSetting(db, "key_fingerprint")) ?? "";
  const key = await exportKey(exec, home.gnupg, fingerprint);
  return (release) => verifier.verifyRelease(release, key);
}

export async function reindex(
  { archive }: ArchiveHandDeps,
  { distribution, force }: Requested<"reindex">,
): Promise<ArchiveReport> {
  const distributions = await archive.reindex(distribution, { force: force === true });
  return { lines: distributions.map((name) => `${name}: indices made anew`), result: { distributions } };
}
