/** What an archive may forget: pure decisions on rows as values. */

/** A distribution as far as its retention goes. */
export interface KeptDistribution {
  readonly id: number;
  /** Of a rollback: its live distribution and its number there. */
  readonly liveId: number | null;
  readonly position: number | null;
  /** What clients see: rows that ended later may still be read by whoever publishes. */
  readonly publishedPublish: number;
  /** ISO-8601: what ended before this is no part of a kept moment, but for pins and snapshots. */
  readonly keepSince: string;
  /** Publishes kept for ever: pinned ones of the repository, and those of the distribution's snapshots. */
  readonly keptPublishes: readonly number[];
}

/** A row that says what a distribution shows from publish `added` until before publish `removed`. */
export interface LifeTime {
  readonly id: number;
  readonly releaseId: number | null;
  readonly added: number;
  readonly removed: number | null;
  /** Time of publish `removed`; null when that is not known any more, which makes it older than all that are. */
  readonly removedAt: string | null;
}

export interface MembershipLife extends LifeTime {
  readonly distributionId: number;
  readonly packageId: number;
}

export interface RollbackLife extends LifeTime {
  /** The live distribution. */
  readonly distributionId: number;
  readonly position: number;
}

export interface AgedRow {
  readonly id: number;
  readonly source: string;
  readonly createdAt: string;
}

export interface FileRow {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly createdAt: string;
}

/** Rows of one repository. */
export interface RetentionState {
  readonly distributions: readonly KeptDistribution[];
  /** Sources that somebody works on: what is there of them is needed whoever shows it. */
  readonly busySources: ReadonlySet<string>;
  /** ISO-8601: what is younger stays, as it may be about to be needed. */
  readonly youngSince: string;
  readonly memberships: readonly MembershipLife[];
  readonly rollbacks: readonly RollbackLife[];
  readonly releases: readonly AgedRow[];
  readonly releasePackages: readonly { readonly releaseId: number; readonly packageId: number }[];
  readonly packages: readonly AgedRow[];
  readonly packageFiles: readonly { readonly packageId: number; readonly path: string }[];
  readonly files: readonly FileRow[];
}

/** What would go, each thing after what refers to it. */
export interface RetentionPlan {
  readonly memberships: readonly number[];
  readonly rollbacks: readonly number[];
  readonly releases: readonly number[];
  readonly packages: readonly number[];
  readonly files: readonly FileRow[];
}

/**
 * Forgets rows that no kept moment, snapshot, pinned publish or the present needs, and then what no other row needs.
 * All of a release is needed while any of its packages is a member, or it stands in a rollback list: it goes to a
 * rollback whole.
 */
export function planRetention(state: RetentionState): RetentionPlan {
  const shownBy = distributionFinder(state.distributions);
  const isKept = (row: LifeTime, distribution: KeptDistribution | undefined) =>
    distribution === undefined || !isForgettable(row, distribution);
  const memberships = split(state.memberships, (row) => isKept(row, shownBy.live(row.distributionId)));
  const rollbacks = split(state.rollbacks, (row) => isKept(row, shownBy.rollback(row)));
  const stays = ({ createdAt, source }: AgedRow) =>
    createdAt >= state.youngSince || state.busySources.has(source);

  const shown = new Set([...memberships.kept, ...rollbacks.kept].map(({ releaseId }) => releaseId));
  const releases = split(state.releases, (row) => shown.has(row.id) || stays(row));
  const gone = new Set(releases.gone.map(({ id }) => id));
  const needed = new Set(memberships.kept.map(({ packageId }) => packageId));
  for (const { releaseId, packageId } of state.releasePackages) {
    if (!gone.has(releaseId)) needed.add(packageId);
  }
  const packages = split(state.packages, (row) => needed.has(row.id) || stays(row));
  const goneIds = new Set(packages.gone.map(({ id }) => id));
  const paths = new Set<string>();
  for (const { packageId, path } of state.packageFiles) if (!goneIds.has(packageId)) paths.add(path);
  const files = split(state.files, ({ path, createdAt }) => paths.has(path) || createdAt >= state.youngSince);
  return {
    memberships: memberships.gone.map(({ id }) => id),
    rollbacks: rollbacks.gone.map(({ id }) => id),
    releases: [...gone],
    packages: [...goneIds],
    files: files.gone,
  };
}

/** Whether nothing that is kept of a distribution needs a row. */
export function isForgettable(
  { added, removed, removedAt }: LifeTime,
  { publishedPublish, keepSince, keptPublishes }: KeptDistribution,
): boolean {
  if (removed === null || removed > publishedPublish) return false;
  if (removedAt !== null && removedAt >= keepSince) return false;
  return !keptPublishes.some((publish) => added <= publish && publish < removed);
}

export interface DistributionFinder {
  live(id: number): KeptDistribution | undefined;
  /** A position that no distribution shows (any more) is kept as long as its live distribution says. */
  rollback(row: Pick<RollbackLife, "distributionId" | "position">): KeptDistribution | undefined;
}

export function distributionFinder(distributions: readonly KeptDistribution[]): DistributionFinder {
  const byId = new Map(distributions.map((row) => [row.id, row]));
  const byPosition = new Map(distributions.map((row) => [`${row.liveId} ${row.position}`, row]));
  return {
    live: (id) => byId.get(id),
    rollback: ({ distributionId, position }) =>
      byPosition.get(`${distributionId} ${position}`) ?? byId.get(distributionId),
  };
}

function split<T>(rows: readonly T[], stays: (row: T) => boolean): { kept: T[]; gone: T[] } {
  const kept: T[] = [];
  const gone: T[] = [];
  for (const row of rows) (stays(row) ? kept : gone).push(row);
  return { kept, gone };
}
