import { createHash } from "node:crypto";
import { mkdir, readFile, readlink, rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, namesIn, removeTree, syncDir, unlinkIfPresent } from "#platform";
import { currentGeneration, type DistributionPaths, distributionPaths } from "../publish/index.ts";
import { nextDate, parseRelease, type ReleaseFields } from "../release-file.ts";
import { findDistribution } from "../suites/index.ts";
import type { ArchiveDistribution } from "../types.ts";
import { type PastDeps, writePast } from "./past-files.ts";
import { snapshotSuite } from "./snapshot-name.ts";
import { type SnapshotRow, snapshotsOf } from "./snapshot-store.ts";

/**
 * Files of named snapshots follow their rows. `.generations/<distribution>/snapshots/<name>` is a symbolic link to a
 * hidden directory beside it, which is named after everything that a snapshot never changes: a name that is given
 * again leads to another directory, and both appear and go by one rename.
 */

/**
 * Makes what rows of `snapshot` want and removes what none wants. Nothing happens when all is as it should be. Only
 * for the one who may publish the distribution.
 */
export async function settleSnapshots(deps: PastDeps, repository: string, name: string): Promise<void> {
  const row = await findDistribution(deps.db.read, repository, name);
  if (row === undefined) return;
  const paths = distributionPaths(join(deps.repositories, repository), name);
  // Those of a state that is not published yet are made after its publish.
  const wanted = (await snapshotsOf(deps.db.read, row.id)).filter(
    ({ publish }) => publish <= row.published_publish,
  );
  const present = await namesIn(paths.snapshots);
  if (wanted.length === 0 && present.length === 0) return;
  await mkdir(paths.snapshots, { recursive: true });
  let changed = false;
  const dirs = new Map(wanted.map((snapshot) => [snapshot.name, hiddenName(deps, snapshot)]));
  for (const snapshot of wanted) {
    const dir = dirs.get(snapshot.name) ?? "";
    if ((await linkTarget(join(paths.snapshots, snapshot.name))) === dir && present.includes(dir)) continue;
    if (!present.includes(dir)) await makeSnapshot(deps, row, snapshot, join(paths.snapshots, dir));
    await leadTo(paths.snapshots, snapshot.name, dir);
    changed = true;
  }
  const kept = new Set([...dirs].flat());
  for (const other of present.filter((each) => !kept.has(each))) {
    await removeTree(join(paths.snapshots, other));
    changed = true;
  }
  if (wanted.length > 0) await showInCurrent(paths);
  if (changed) await syncDir(paths.snapshots);
}

function hiddenName({ signer }: PastDeps, { id, publish, created_at }: SnapshotRow): string {
  const identity = JSON.stringify([id, publish, created_at, signer.fingerprint]);
  return `.${publish}-${createHash("sha256").update(identity).digest("hex").slice(0, 16)}`;
}

async function makeSnapshot(
  deps: PastDeps,
  row: ArchiveDistribution,
  snapshot: SnapshotRow,
  dir: string,
): Promise<void> {
  const own = JSON.parse(row.release_fields) as ReleaseFields;
  // A snapshot has no earlier moments of its own: apt would look for it below their root.
  const { Snapshots: _, ...others } = own;
  const fields: ReleaseFields = { ...others, Suite: snapshotSuite(row.name, snapshot.name) };
  const last = await releaseDate(join(dir, "..", snapshot.name));
  const { date } = nextDate(deps.clock.now(), last, fields.Suite);
  await writePast(deps, { row, at: snapshot.publish, fields, date }, dir);
}

/** Date of what a name leads to until now: the next one must be later. */
async function releaseDate(dir: string): Promise<Date | undefined> {
  try {
    return parseRelease(await readFile(join(dir, "Release"), "utf8"))?.date;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function leadTo(parent: string, name: string, dir: string): Promise<void> {
  const temporary = join(parent, `.link-${name}`);
  await unlinkIfPresent(temporary);
  await symlink(dir, temporary);
  await rename(temporary, join(parent, name));
}

/** The first snapshot of a distribution is made while clients see a generation that does not lead to any. */
async function showInCurrent(paths: DistributionPaths): Promise<void> {
  const current = await currentGeneration(paths);
  if (current === undefined || (await namesIn(current.dir)).includes("snapshots")) return;
  await symlink("../snapshots", join(current.dir, "snapshots"));
  await syncDir(current.dir);
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "EINVAL")) return undefined;
    throw error;
  }
}
