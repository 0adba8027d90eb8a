import type { Verifier } from "#keys";
import { type Clock, errorText } from "#platform";
import type { Fetch } from "./fetch.ts";
import { getRelease, type ReleaseCache } from "./release-fetch.ts";
import { parseRelease, type ReleaseFile } from "./release-file.ts";
import { type ArchiveProblem, faultOf } from "./release-rules.ts";
import type { Source } from "./source-store.ts";

export interface GoodArchive {
  readonly url: string;
  readonly release: ReleaseFile;
  readonly latencyMs: number;
}

export interface BadArchive {
  readonly url: string;
  readonly problem: ArchiveProblem;
  readonly reason: string;
}

export type ArchiveResult = GoodArchive | BadArchive;

export interface ArchiveCheckDeps {
  readonly fetch: Fetch;
  readonly verifier: Verifier;
  readonly clock: Clock;
  readonly cache: ReleaseCache;
}

const PROBES = 5;
const PROBE_LIMITS = { method: "HEAD", maxBytes: 0, timeoutMs: 5000 } as const;

export function isGood(result: ArchiveResult): result is GoodArchive {
  return "release" in result;
}

/** Checks the Release file of one archive of a source by all rules of builds.md 2.1; never throws. */
export async function checkArchive(
  deps: ArchiveCheckDeps,
  source: Source,
  url: string,
): Promise<ArchiveResult> {
  const directory = `${url}dists/${source.codename}/`;
  const startedAt = performance.now();
  const bad = (problem: ArchiveProblem, reason: string): BadArchive => ({ url, problem, reason });
  try {
    const fetched = await getRelease(deps.fetch, directory, await deps.cache.load(directory));
    const latencyMs = performance.now() - startedAt;
    const check = await deps.verifier.verifyRelease(fetched.files, source.keyring);
    if (!check.ok) return bad("untrusted", check.reason);
    const release = parseRelease(check.payload, directory);
    const fault = faultOf(release, expectationOf(source), deps.clock.now());
    if (fault !== undefined) return bad(fault.problem, fault.reason);
    await deps.cache.save(directory, fetched);
    return { url, release, latencyMs };
  } catch (error) {
    return bad("unreachable", errorText(error));
  }
}

/** Good archives, the one with the lowest median latency first. Measures only when there is a choice. */
export async function rankArchives(
  deps: ArchiveCheckDeps,
  source: Source,
  results: readonly ArchiveResult[],
): Promise<GoodArchive[]> {
  const good = results.filter(isGood);
  if (good.length < 2) return good;
  const measured = await Promise.all(
    good.map(async (archive) => ({
      ...archive,
      latencyMs: await medianLatency(deps.fetch, source, archive.url),
    })),
  );
  return measured.sort((a, b) => a.latencyMs - b.latencyMs);
}

async function medianLatency(fetch: Fetch, source: Source, url: string): Promise<number> {
  const times: number[] = [];
  for (let probe = 0; probe < PROBES; probe += 1) {
    const startedAt = performance.now();
    const failed = await fetch(`${url}dists/${source.codename}/Release`, PROBE_LIMITS).then(
      () => false,
      () => true,
    );
    times.push(failed ? Number.POSITIVE_INFINITY : performance.now() - startedAt);
  }
  return times.sort((a, b) => a - b)[Math.floor(PROBES / 2)] ?? Number.POSITIVE_INFINITY;
}

function expectationOf(source: Source) {
  const { origin, codename, match, checkValidUntil, releaseDate } = source;
  const expected = { origin, codename, match, checkValidUntil };
  return releaseDate === null ? expected : { ...expected, newestDate: new Date(releaseDate) };
}
