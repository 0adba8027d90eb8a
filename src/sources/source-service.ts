import { join } from "node:path";
import type { Database, RowUpdate, Tx } from "#db";
import type { Events } from "#events";
import type { JobKind, JobQueue } from "#jobs";
import type { Verifier } from "#keys";
import { type Clock, type Exec, type Home, isoNow, type Log, MbdError, proxiedAddress } from "#platform";
import { checkArchive, rankArchives } from "./archive-check.ts";
import { outcomeOf, problemsOf } from "./check-outcome.ts";
import type { Fetch } from "./fetch.ts";
import { findMachineSources, type MachineSource } from "./machine-sources.ts";
import { createReleaseCache } from "./release-fetch.ts";
import { changedFields, type NewSource, newRow, type SourceChange } from "./source-fields.ts";
import { findSource, insertSource, type Source, sourceName, updateSourceRow } from "./source-store.ts";
import { createSourcesIndex, type IndexedDsc } from "./sources-index.ts";

export interface SourceService {
  /** Adds a source, unchecked, and asks for its check. @throws MbdError bad_argument */
  add(tx: Tx, source: NewSource): Promise<number>;
  /** Changes a source and asks for its check. @throws MbdError not_found, bad_argument */
  update(tx: Tx, id: number, change: SourceChange): Promise<void>;
  /**
   * Fetches and verifies the Release files of all archives, stores what they say (builds.md 2.1).
   * @throws MbdError source_unusable, after it was stored, when no archive is good
   */
  check(sourceId: number, fenced?: (tx: Tx) => Promise<void>): Promise<void>;
  /**
   * A build could not fetch from this archive, as its apt names it: for an hour the others of its sources come first, and
   * these are checked now, so that builds wait when no archive is left.
   */
  archiveFailed(url: string): Promise<void>;
  /** Sources of this machine's apt that belong to its distribution, for set-up. */
  machineSources(): Promise<MachineSource[]>;
  /** The entry of a .dsc below a configured archive in the verified Sources index, if it is listed. */
  findDsc(url: string): Promise<IndexedDsc | undefined>;
  /** Kind `source_check`, subject `source:<id>`. */
  readonly job: JobKind;
}

export interface SourceServiceDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly events: Pick<Events, "record">;
  readonly jobs: Pick<JobQueue, "enqueue">;
  readonly verifier: Verifier;
  readonly home: Home;
  readonly fetch: Fetch;
  readonly exec: Exec;
  readonly log: Log;
}

export const SOURCE_CHECK = "source_check";
const HOUR_MS = 3_600_000;

export function createSourceService(deps: SourceServiceDeps): SourceService {
  const { db, clock } = deps;
  const archiveDeps = { ...deps, cache: createReleaseCache(join(deps.home.cache, "releases")) };
  const index = createSourcesIndex({ ...archiveDeps, dir: join(deps.home.cache, "sources-index") });
  const failures = new Map<string, number>();

  const check: SourceService["check"] = async (id, fenced) => {
    const source = await requireSource(id);
    const results = await Promise.all(source.archives.map((url) => checkArchive(archiveDeps, source, url)));
    const ranked = lastAreFailed(await rankArchives(archiveDeps, source, results));
    const outcome = await db.write(async (tx) => {
      await fenced?.(tx);
      const now = await findSource(tx, id);
      if (now === undefined) return undefined;
      const { update, changes } = outcomeOf(now, results, ranked, isoNow(clock));
      await updateSourceRow(tx, id, update);
      if (changes.length > 0) await recordChange(deps, tx, now, update, changes);
      return update;
    });
    if (ranked.length < results.length) {
      deps.log.warn({ source: sourceName(source), problems: problemsOf(results) }, "archives not usable");
    }
    if (outcome?.state === "error") {
      throw new MbdError("source_unusable", { source: sourceName(source), reason: String(outcome.error) });
    }
  };

  const requireSource = async (id: number): Promise<Source> => {
    const source = await findSource(db.read, id);
    if (source === undefined) throw new MbdError("not_found", { what: `Source ${id}` });
    return source;
  };

  const failedLately = (url: string): boolean =>
    (failures.get(proxiedAddress(url)) ?? Number.NEGATIVE_INFINITY) > clock.now().getTime() - HOUR_MS;
  const lastAreFailed = <T extends { readonly url: string }>(archives: readonly T[]): T[] => [
    ...archives.filter((archive) => !failedLately(archive.url)),
    ...archives.filter((archive) => failedLately(archive.url)),
  ];

  return {
    async add(tx, source) {
      const id = await insertSource(tx, newRow(source));
      await deps.jobs.enqueue(tx, { kind: SOURCE_CHECK, subject: `source:${id}` });
      return id;
    },
    async update(tx, id, change) {
      const source = await findSource(tx, id);
      if (source === undefined) throw new MbdError("not_found", { what: `Source ${id}` });
      await updateSourceRow(tx, id, changedFields(source, change));
      await deps.jobs.enqueue(tx, { kind: SOURCE_CHECK, subject: `source:${id}` });
    },
    check,
    async archiveFailed(url) {
      failures.set(proxiedAddress(url), clock.now().getTime());
      await db.write(async (tx) => {
        for (const id of await moveLast(tx, url)) {
          await deps.jobs.enqueue(tx, { kind: SOURCE_CHECK, subject: `source:${id}` });
        }
      });
    },
    machineSources: () => findMachineSources(deps),
    findDsc: (url) => index.find(db.read, url),
    job: {
      handle: (context) => check(subjectId(context.job.subject), (tx) => context.fenced(tx)),
      leaseSeconds: 300,
      heartbeatSeconds: 60,
      concurrency: 2,
      maxAttempts: 5,
      backoffSeconds: (attempt) => 60 * 2 ** attempt,
    },
  };
}

async function recordChange(
  deps: SourceServiceDeps,
  tx: Tx,
  source: Source,
  update: RowUpdate<"source">,
  changes: readonly string[],
): Promise<void> {
  await deps.events.record(tx, {
    type: "SOURCE",
    message: `${sourceName(source)}: ${changes.join("; ")}`,
    codename: source.codename,
    data: { source: source.id, origin: source.origin, state: update.state, changes },
  });
}

/** Puts an archive behind the others of each source that has it; builds use the first. Returns these sources. */
async function moveLast(tx: Tx, url: string): Promise<number[]> {
  const found: number[] = [];
  for (const row of await tx.selectFrom("source").select(["id", "archives"]).execute()) {
    const archives = JSON.parse(row.archives) as string[];
    const isIt = (archive: string) => proxiedAddress(archive) === proxiedAddress(url);
    if (!archives.some(isIt)) continue;
    const reordered = [...archives.filter((it) => !isIt(it)), ...archives.filter(isIt)];
    await updateSourceRow(tx, row.id, { archives: JSON.stringify(reordered) });
    found.push(row.id);
  }
  return found;
}

function subjectId(subject: string): number {
  return Number(subject.slice(subject.indexOf(":") + 1));
}
