import { mkdtemp, realpath } from "node:fs/promises";
import { join } from "node:path";
import { errorText, hasCode, removeTree, unlinkIfPresent } from "#platform";
import {
  currentNumber,
  type DistributionPaths,
  distributionPaths,
  type RenderDeps,
  renderState,
} from "../publish/index.ts";
import type { PublishedRelease } from "../release-file.ts";
import { findDistribution } from "../suites/index.ts";
import type { ArchiveDistribution } from "../types.ts";
import { checkReleaseDir, type VerifyRelease } from "./check-release.ts";
import type { Finding } from "./finding.ts";
import { type RepublishDeps, reindex } from "./republish.ts";

export interface DistributionCheckDeps extends RepublishDeps, RenderDeps {}

export interface CheckMode {
  readonly repair: boolean;
  /** Compares content too, which reads everything. */
  readonly full: boolean;
  readonly verify: VerifyRelease | undefined;
}

/** What one look at the files of a distribution showed. */
interface Look {
  readonly findings: readonly Finding[];
  /** By-hash files in the way of good ones. */
  readonly damagedHashes: readonly string[];
  /** Directories of snapshots to be made again. */
  readonly snapshots: readonly string[];
}

const NOTHING: Look = { findings: [], damagedHashes: [], snapshots: [] };

const MOST_LOOKS = 3;
/** A publish that takes longer than this does not come by itself. */
const HANGS_MS = 10 * 60_000;

/**
 * Compares what clients see of a distribution with what they should see, and has it published anew when it differs.
 * Publishing goes on meanwhile: what was seen while it changed is looked at again.
 */
export async function checkDistribution(
  deps: DistributionCheckDeps,
  repository: string,
  name: string,
  mode: CheckMode,
): Promise<Finding[]> {
  const before = await steadyLook(deps, repository, name, mode);
  const row = await findDistribution(deps.db.read, repository, name);
  if (!mode.repair || before.findings.length === 0 || row === undefined) return [...before.findings];
  for (const path of before.damagedHashes) await unlinkIfPresent(path);
  for (const dir of before.snapshots) await removeLinked(dir);
  try {
    await reindex(deps, row, { force: true, cause: "repair" });
  } catch (error) {
    const what = `could not be published anew: ${errorText(error)}`;
    return [...before.findings, { kind: "publish_hangs", where: name, what, repaired: false }];
  }
  const after = await steadyLook(deps, repository, name, mode);
  const left = new Set(after.findings.map(keyOf));
  const known = new Set(before.findings.map(keyOf));
  return [
    ...before.findings.map((finding) => ({ ...finding, repaired: !left.has(keyOf(finding)) })),
    ...after.findings.filter((finding) => !known.has(keyOf(finding))),
  ];
}

function keyOf({ kind, where }: Finding): string {
  return `${kind} ${where}`;
}

async function steadyLook(
  deps: DistributionCheckDeps,
  repository: string,
  name: string,
  mode: CheckMode,
): Promise<Look> {
  let look = NOTHING;
  for (let count = 0; count < MOST_LOOKS; count += 1) {
    const row = await findDistribution(deps.db.read, repository, name);
    if (row === undefined) return NOTHING;
    look = await lookAt(deps, row, mode);
    const now = await findDistribution(deps.db.read, repository, name);
    if (look.findings.length === 0 || now?.fence === row.fence) break;
  }
  return look;
}

async function lookAt(deps: DistributionCheckDeps, row: ArchiveDistribution, mode: CheckMode): Promise<Look> {
  const { repository, name } = row;
  const paths = distributionPaths(join(deps.repositories, repository), name);
  const hanging = await hangingPublish(deps, row);
  if (row.published_publish === 0) return { ...NOTHING, findings: hanging };
  const shown = await shownGeneration(paths);
  if (shown === undefined) {
    const what = `${paths.link} leads to no generation`;
    return { ...NOTHING, findings: [...hanging, { kind: "not_shown", where: name, what, repaired: false }] };
  }
  const options = { where: name, now: deps.clock.now(), verify: mode.verify };
  const release = await checkReleaseDir(paths.generation(shown), options);
  const outdated =
    mode.full && release.release !== undefined ? await compareWithRows(deps, row, release.release) : [];
  const snapshots = await lookAtSnapshots(deps, row, paths, options);
  return {
    findings: [...hanging, ...release.findings, ...outdated, ...snapshots.findings],
    damagedHashes: release.damagedHashes,
    snapshots: snapshots.dirs,
  };
}

async function shownGeneration(paths: DistributionPaths): Promise<number | undefined> {
  try {
    return await currentNumber(paths);
  } catch {
    // Something else than a link: no generation either.
    return undefined;
  }
}

/** A due publish is normal for a while. */
async function hangingPublish(
  { db, clock }: DistributionCheckDeps,
  row: ArchiveDistribution,
): Promise<Finding[]> {
  if (row.wanted_publish <= row.published_publish) return [];
  const wanted = await db.read
    .selectFrom("publish")
    .select("time")
    .where("id", "=", row.wanted_publish)
    .executeTakeFirst();
  if (wanted !== undefined && clock.now().getTime() - Date.parse(wanted.time) < HANGS_MS) return [];
  const what = `a change of ${wanted?.time ?? "long ago"} is not published yet`;
  return [{ kind: "publish_hangs", where: row.name, what, repaired: false }];
}

/** Whether rows give the files that Release lists; makes all of them, beside. */
async function compareWithRows(
  deps: DistributionCheckDeps,
  row: ArchiveDistribution,
  { files: shown }: PublishedRelease,
): Promise<Finding[]> {
  const dir = await mkdtemp(join(deps.temporary, "check-"));
  try {
    const { files } = await renderState(
      deps,
      row,
      Number(row.published_publish),
      join(dir, "state"),
      undefined,
    );
    const paths = [...new Set([...files.keys(), ...shown.keys()])].sort();
    return paths
      .filter((path) => files.get(path)?.sha256 !== shown.get(path)?.sha256)
      .map((path) => ({
        kind: "index_outdated",
        where: `${row.name}/${path}`,
        what: "is not what the database says that clients see",
        repaired: false,
      }));
  } finally {
    await removeTree(dir);
  }
}

async function lookAtSnapshots(
  { db, repositories }: DistributionCheckDeps,
  row: ArchiveDistribution,
  paths: DistributionPaths,
  options: { readonly now: Date; readonly verify: VerifyRelease | undefined },
): Promise<{ findings: Finding[]; dirs: string[] }> {
  const rows = await db.read
    .selectFrom("snapshot")
    .select(["name", "publish"])
    .where("distribution_id", "=", row.id)
    .execute();
  const findings: Finding[] = [];
  const dirs: string[] = [];
  for (const { name, publish } of rows) {
    if (publish > row.published_publish) continue;
    const where = `${row.name}/snapshots/${name}`;
    const dir = join(repositories, row.repository, "dists", row.name, "snapshots", name);
    const look = await checkReleaseDir(dir, { ...options, where });
    if (look.findings.length === 0) continue;
    dirs.push(join(paths.snapshots, name));
    const what = `${join(paths.snapshots, name)} is missing or has no Release`;
    if (look.release !== undefined) findings.push(...look.findings);
    else findings.push({ kind: "snapshot_missing", where, what, repaired: false });
  }
  return { findings, dirs };
}

async function removeLinked(link: string): Promise<void> {
  try {
    await removeTree(await realpath(link));
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
}
