import type { Executor } from "#db";
import { compareVersions } from "#deb";
import { compareText } from "./compare-text.ts";
import type { BinaryPackage, PackageKind, SourceDetail } from "./types.ts";

/**
 * A source in every distribution of repositories that holds it now, with its packages: live distributions by name, each
 * before its rollbacks. Two queries, however many distributions there are; both begin at the packages of the source.
 */
export async function sourceDetails(
  db: Executor,
  repositories: readonly string[],
  source: string,
): Promise<SourceDetail[]> {
  if (repositories.length === 0) return [];
  const asked = { repositories, source };
  const live = await filesInLive(db, asked).execute();
  const kept = await filesInRollbacks(db, asked).execute();
  const files = [...live.map((row) => ({ ...row, live: row.distribution, position: null })), ...kept];
  // Numbers of 64 bits may come as text.
  return detailsOf(files.map((file) => ({ ...file, sizeBytes: Number(file.sizeBytes) })));
}

interface Asked {
  readonly repositories: readonly string[];
  readonly source: string;
}

/** A file of a package in a distribution. */
interface ShownFile {
  readonly distribution: string;
  /** The live distribution. */
  readonly live: string;
  /** Of a rollback. */
  readonly position: number | null;
  readonly component: string;
  readonly releaseId: number | null;
  /** Of the source. */
  readonly sourceVersion: string;
  readonly packageId: number;
  readonly kind: string;
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly path: string;
  readonly sizeBytes: number;
}

const OF_PACKAGES = [
  "p.source_version as sourceVersion",
  "p.id as packageId",
  "p.kind",
  "p.name",
  "p.version",
  "p.arch",
  "pf.path",
  "pf.size as sizeBytes",
] as const;

export function filesInLive(db: Executor, { repositories, source }: Asked) {
  return db
    .selectFrom("package as p")
    .innerJoin("membership as m", "m.package_id", "p.id")
    .innerJoin("archive_distribution as d", "d.id", "m.distribution_id")
    .innerJoin("package_file as f", "f.package_id", "p.id")
    .innerJoin("pool_file as pf", (join) =>
      join.onRef("pf.repository", "=", "f.repository").onRef("pf.path", "=", "f.path"),
    )
    .select([...OF_PACKAGES, "d.name as distribution", "m.component", "m.release_id as releaseId"])
    .where("p.repository", "in", [...repositories])
    .where("p.source", "=", source)
    .where("m.removed", "is", null);
}

export function filesInRollbacks(db: Executor, { repositories, source }: Asked) {
  return db
    .selectFrom("release as r")
    .innerJoin("rollback_membership as m", "m.release_id", "r.id")
    .innerJoin("archive_distribution as l", "l.id", "m.distribution_id")
    .innerJoin("archive_distribution as d", (join) =>
      join.onRef("d.live_id", "=", "m.distribution_id").onRef("d.position", "=", "m.position"),
    )
    .innerJoin("release_package as rp", "rp.release_id", "r.id")
    .innerJoin("package as p", "p.id", "rp.package_id")
    .innerJoin("package_file as f", "f.package_id", "p.id")
    .innerJoin("pool_file as pf", (join) =>
      join.onRef("pf.repository", "=", "f.repository").onRef("pf.path", "=", "f.path"),
    )
    .select([...OF_PACKAGES, "d.name as distribution", "l.name as live", "m.position"])
    .select(["m.component", "m.release_id as releaseId"])
    .where("r.repository", "in", [...repositories])
    .where("r.source", "=", source)
    .whereRef("p.source_version", "=", "r.version")
    .where("m.removed", "is", null);
}

/** One for each release, or packages without one, of a version in a component: all packages of that version are there. */
function detailsOf(files: readonly ShownFile[]): SourceDetail[] {
  const versions = groupBy(files, ({ distribution, component, sourceVersion }) =>
    JSON.stringify([distribution, component, sourceVersion]),
  );
  return [...versions.values()]
    .flatMap((ofVersion) =>
      [...groupBy(ofVersion, ({ releaseId }) => releaseId).values()].flatMap(([first]) =>
        first === undefined ? [] : [{ first, detail: detailOf(first, ofVersion) }],
      ),
    )
    .sort(
      (a, b) =>
        compareText(a.first.live, b.first.live) ||
        (a.detail.position ?? -1) - (b.detail.position ?? -1) ||
        compareText(a.detail.component, b.detail.component) ||
        compareVersions(b.detail.version, a.detail.version) ||
        (a.detail.releaseId ?? 0) - (b.detail.releaseId ?? 0),
    )
    .map(({ detail }) => detail);
}

function detailOf(first: ShownFile, files: readonly ShownFile[]): SourceDetail {
  const { distribution, position, component, releaseId, sourceVersion } = first;
  const binaries = files
    .filter(({ kind }) => kind !== "dsc")
    .map(
      ({ kind, name, version, arch, path, sizeBytes }): BinaryPackage => ({
        ...{ kind: kind as PackageKind, name, version, arch, path, sizeBytes },
      }),
    )
    .sort(
      (a, b) => compareText(a.name, b.name) || compareText(a.arch, b.arch) || compareText(a.path, b.path),
    );
  const dsc = files.find(({ kind, path }) => kind === "dsc" && path.endsWith(".dsc"));
  return {
    ...{ distribution, kind: position === null ? "live" : "rollback", position },
    ...{ component, version: sourceVersion, releaseId },
    architectures: [...new Set(binaries.map(({ arch }) => arch))].sort(),
    binaries,
    dsc: dsc?.path ?? null,
  };
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
