import type { ReleaseFile } from "./release-file.ts";

/** What a Release file must be to be the one of a source. */
export interface ExpectedRelease {
  readonly origin: string;
  readonly codename: string;
  readonly match: SourceMatch;
  readonly checkValidUntil: boolean;
  /** The newest accepted so far. */
  readonly newestDate?: Date;
}

/** Fields that must be equal if set; `archive` is apt's word for Suite. */
export interface SourceMatch {
  readonly suite?: string;
  readonly archive?: string;
  readonly version?: string;
  readonly label?: string;
}

export type ArchiveProblem = "unreachable" | "untrusted" | "mismatch" | "expired" | "stale" | "weak";

export interface ReleaseFault {
  readonly problem: ArchiveProblem;
  readonly reason: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MAX_STALE_DAYS = 7;

/** Rules 2 to 5 of builds.md 2.1; undefined when the file is acceptable. */
export function faultOf(
  release: ReleaseFile,
  expected: ExpectedRelease,
  now: Date,
): ReleaseFault | undefined {
  const differing = mismatch(release, expected);
  if (differing !== undefined) return { problem: "mismatch", reason: differing };
  const { date, validUntil } = release;
  if (date.getTime() > now.getTime() + HOUR_MS) {
    return { problem: "expired", reason: `it is dated in the future (${date.toISOString()})` };
  }
  if (expected.checkValidUntil && validUntil !== undefined && validUntil < now) {
    return { problem: "expired", reason: `it was valid until ${validUntil.toISOString()}` };
  }
  const { newestDate } = expected;
  if (newestDate !== undefined && date.getTime() < newestDate.getTime() - MAX_STALE_DAYS * DAY_MS) {
    return { problem: "stale", reason: `it is more than ${MAX_STALE_DAYS} days older than one seen before` };
  }
  if (!release.strong) return { problem: "weak", reason: "it lists neither SHA256 nor SHA512 sums" };
  return undefined;
}

function mismatch(release: ReleaseFile, expected: ExpectedRelease): string | undefined {
  const { suite, archive, version, label } = expected.match;
  const pairs = [
    ["Origin", expected.origin, release.origin],
    ["Codename", expected.codename, codenameOf(release, expected.codename)],
    ["Suite", suite, release.suite],
    ["Suite", archive, release.suite],
    ["Version", version, release.version ?? ""],
    ["Label", label, release.label],
  ] as const;
  const [field, want, have] =
    pairs.find(([, wanted, found]) => wanted !== undefined && wanted !== found) ?? [];
  return field === undefined ? undefined : `its ${field} is '${have}', not '${want}'`;
}

/** Ubuntu's `jammy-updates` says `Suite: jammy-updates`, `Codename: jammy`: there the suite is the name. */
function codenameOf(release: ReleaseFile, wanted: string): string {
  const isPocket = release.suite === wanted && wanted.startsWith(`${release.codename}-`);
  return isPocket ? release.suite : release.codename;
}
