import { createHash } from "node:crypto";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { namesIn, removeTree, statOrUndefined } from "#platform";
import { distributionPaths } from "../publish/index.ts";
import type { ReleaseFields } from "../release-file.ts";
import { findDistribution } from "../suites/index.ts";
import type { ArchiveDistribution } from "../types.ts";
import { createMaker, MOMENT_LIMITS, type MomentLimits } from "./moment-limits.ts";
import { isUnfinished, type PastDeps, writePast } from "./past-files.ts";
import { type PastState, stateBefore } from "./past-store.ts";

export interface Moments {
  /**
   * Directory with what a distribution showed at a timestamp (`20240102T030405Z`, the whole of that second): Release
   * and indices, made when it is asked for first. Undefined where there was nothing, or nothing of that time is kept.
   * @throws MbdError moments_busy
   */
  path(repository: string, timestamp: string, distribution: string): Promise<string | undefined>;
}

/**
 * Earlier states of distributions, `.generations/<distribution>/moments/<publish>-<key>/`: one for each publish that
 * changed it and that somebody asked for. They may be removed at any time.
 */
export function createMoments(deps: PastDeps & { readonly limits?: MomentLimits | undefined }): Moments {
  const limits = deps.limits ?? MOMENT_LIMITS;
  const maker = createMaker<string>(limits, deps.clock);
  /** All that are on disk, the one asked for last at the end. */
  let kept: Promise<Set<string>> | undefined;

  function load(): Promise<Set<string>> {
    kept ??= momentsBelow(deps.repositories).then((dirs) => new Set(dirs));
    return kept;
  }

  async function make(row: ArchiveDistribution, state: PastState, dir: string): Promise<string> {
    const all = await load();
    if (all.has(dir)) return dir;
    const parent = momentsDir(deps, row);
    await mkdir(parent, { recursive: true });
    for (const name of (await readdir(parent)).filter(isUnfinished)) await removeTree(join(parent, name));
    const fields = JSON.parse(row.release_fields) as ReleaseFields;
    const date = new Date(Math.floor(Date.parse(state.time) / 1000) * 1000);
    await writePast(deps, { row, at: state.publish, fields, date }, dir);
    all.add(dir);
    await forget(all, limits.kept);
    return dir;
  }

  return {
    async path(repository, timestamp, distribution) {
      const end = endOfSecond(timestamp);
      if (end === undefined) return undefined;
      const row = await findDistribution(deps.db.read, repository, distribution);
      if (row === undefined) return undefined;
      const state = await stateBefore(deps.db.read, row, end);
      if (state === undefined) return undefined;
      const dir = join(momentsDir(deps, row), `${state.publish}-${keyOf(deps, row)}`);
      const all = await load();
      if (all.has(dir) && (await statOrUndefined(dir)) !== undefined) {
        all.delete(dir);
        all.add(dir);
        return dir;
      }
      all.delete(dir);
      await maker.make(dir, () => make(row, state, dir));
      // What was forgotten meanwhile may be made of half its rows.
      return (await stateBefore(deps.db.read, row, end)) === undefined ? undefined : dir;
    },
  };
}

/**
 * The second after the one that a timestamp names: what came within a second is part of it, as the Date of a Release
 * has whole seconds too. Undefined for what is no time.
 */
export function endOfSecond(timestamp: string): string | undefined {
  const iso = timestamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6.000Z");
  const time = new Date(iso);
  if (Number.isNaN(time.getTime()) || time.toISOString() !== iso) return undefined;
  const end = new Date(time.getTime() + 1000);
  // Beyond the year 9999 times have another form, which does not sort among the others.
  return end.getUTCFullYear() > 9999 ? iso : end.toISOString();
}

function momentsDir({ repositories }: PastDeps, { repository, name }: ArchiveDistribution): string {
  return distributionPaths(join(repositories, repository), name).moments;
}

/** Equal while a distribution has the same fields and indices and is signed by the same key. */
function keyOf({ signer }: PastDeps, row: ArchiveDistribution): string {
  const { release_fields, components, architectures, options } = row;
  const parts = [signer.fingerprint, release_fields, components, architectures, options];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}

async function forget(all: Set<string>, most: number): Promise<void> {
  for (const dir of all) {
    if (all.size <= most) return;
    all.delete(dir);
    await removeTree(dir);
  }
}

/** All moments on disk, the one made first at the beginning. */
async function momentsBelow(repositories: string): Promise<string[]> {
  const found: { dir: string; madeMs: number }[] = [];
  for (const repository of await namesIn(repositories)) {
    const generations = join(repositories, repository, ".generations");
    for (const distribution of await namesIn(generations)) {
      const { moments } = distributionPaths(join(repositories, repository), distribution);
      for (const name of (await namesIn(moments)).filter((each) => !isUnfinished(each))) {
        const dir = join(moments, name);
        found.push({ dir, madeMs: (await statOrUndefined(dir))?.mtimeMs ?? 0 });
      }
    }
  }
  return found.sort((a, b) => a.madeMs - b.madeMs).map(({ dir }) => dir);
}
