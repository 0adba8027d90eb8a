import type { Executor, Tx } from "#db";
import { parseDistribution, parseUploadOptions, versionsEqual } from "#deb";
import type { JobQueue } from "#jobs";
import { type Clock, isoNow, MbdError } from "#platform";
import type { ResolvedDistribution } from "#repositories";
import { freeBkey } from "../bkey.ts";
import { checkVersionForm, checkVersionIsNew, type FindPlaces } from "../version-rules.ts";
import { insertPortRequest, openPortsOf } from "./port-store.ts";

/**
 * Who wanted a port and where its source is from: an address, the pool, the option `auto-ports` of what was installed,
 * or a package that the instance makes itself.
 */
export type PortKind = "external" | "internal" | "auto" | "keyring" | "test";

/** A source package whose .dsc is stored. */
export interface PortSource {
  readonly source: string;
  readonly version: string;
  readonly component: string;
  readonly dsc: { readonly name: string; readonly sha256: string };
  /** SHA-256 of stored files that must not go before the port is made. */
  readonly kept: readonly string[];
  /** Address of the .dsc, for files that are not stored. */
  readonly url?: string;
  readonly vouchedBy: "archive" | "https" | "instance";
}

/** One port, with all that is known before it is made. */
export interface PortWish {
  readonly kind: PortKind;
  readonly from: PortSource;
  /** Of an internal or automatic port. */
  readonly fromDistribution?: string;
  readonly target: ResolvedDistribution;
  /** Of the port. */
  readonly version: string;
  /** KEY[ARCH]=VALUE. */
  readonly options: readonly string[];
  readonly requestedBy: string;
  /** Once it is installed, it is migrated to the end of its chain of suites. */
  readonly migrate?: boolean;
  /** Of a test package: the state that its packaging must end in. */
  readonly expected?: string;
}

/** One target: accepted with its reserved bkey, or why not; one bad target does not stop the others. */
export type PortAnswer =
  | { readonly target: string; readonly version: string; readonly bkey: string; readonly job: string }
  | { readonly target: string; readonly error: string };

/** Of the jobs on its way: a port by somebody counts as much as an upload (pipeline.md 4). */
const PRIORITIES: Readonly<Record<PortKind, number>> = {
  external: 0,
  internal: 0,
  auto: -10,
  keyring: 10,
  test: -20,
};

export interface ReserveDeps {
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly findPlaces: FindPlaces;
}

/**
 * Everything that can be known to be wrong before any work starts.
 * @throws MbdError bad_version, version_restriction, version_exists, in_progress, version_lower
 */
export async function checkPort(
  { findPlaces }: Pick<ReserveDeps, "findPlaces">,
  db: Executor,
  { from: { source, component }, version, target }: PortWish,
): Promise<void> {
  const candidate = { source, version, component, target };
  const repository = target.repository.identity;
  checkVersionForm(candidate);
  await checkVersionIsNew(db, await findPlaces(repository, source, db), candidate);
  const same = (await openPortsOf(db, source)).find(
    (row) => versionsEqual(row.version, version) && parseDistribution(row.target)?.repository === repository,
  );
  if (same !== undefined) throw new MbdError("in_progress", { source, version, bkey: same.bkey });
}

/** Reserves a bkey for a port and leaves the work to a job, in the caller's transaction. @throws MbdError as `checkPort` */
export async function reservePort(deps: ReserveDeps, tx: Tx, wish: PortWish): Promise<PortAnswer> {
  await checkPort(deps, tx, wish);
  const { kind, from, target, version } = wish;
  const bkey = await freeBkey(tx, deps.clock, from.source, version);
  const priority = PRIORITIES[kind];
  await insertPortRequest(tx, {
    ...{ bkey, kind, version, priority, target: target.name, source: from.source },
    from_distribution: wish.fromDistribution ?? null,
    dsc: from.dsc.name,
    dsc_sha256: from.dsc.sha256,
    url: from.url ?? "",
    kept: JSON.stringify(from.kept),
    vouched_by: from.vouchedBy,
    options: JSON.stringify(wish.options),
    requested_by: wish.requestedBy,
    migrate: wish.migrate === true ? 1 : 0,
    expected: wish.expected ?? null,
    ...{ got: null, state: "open", error: null, upload_id: null, ended_at: null },
    created_at: isoNow(deps.clock),
  });
  const job = { kind: "port", subject: `port:${bkey}`, priority };
  await deps.queue.enqueue(tx, job);
  return { target: target.name, version, bkey, job: job.subject };
}

/** Tries each target by itself: what is wrong with one is its answer. */
export async function eachTarget<T>(
  targets: readonly string[],
  attempt: (target: string) => Promise<T>,
): Promise<(T | { readonly target: string; readonly error: string })[]> {
  const answers = [];
  for (const target of targets) {
    try {
      answers.push(await attempt(target));
    } catch (error) {
      if (!(error instanceof MbdError)) throw error;
      answers.push({ target, error: error.message });
    }
  }
  return answers;
}

/** @throws MbdError bad_argument with the first thing that is wrong */
export function checkOptions(options: readonly string[]): void {
  const [first] = parseUploadOptions(options).errors;
  if (first === undefined) return;
  throw new MbdError("bad_argument", { argument: "options", reason: first.message.replace(/\.$/, "") });
}
