import type { Executor, Row } from "#db";
import { parseDistribution } from "#deb";
import { MbdError } from "#platform";
import { metaMap } from "./meta-distributions.ts";
import {
  type DistributionRows,
  distributionsOf,
  findRepository,
  listRepositories,
} from "./repository-store.ts";

/** A distribution string and everything it stands for. */
export interface ResolvedDistribution extends DistributionRows {
  /** CODENAME-REPOSITORY-SUITE, meta distributions replaced. */
  readonly name: string;
  readonly suite: Row<"suite">;
  readonly rollback?: number;
}

/** Resolves a distribution string (names-and-versions.md 2), or throws the error that says which part is unknown. */
export async function resolveDistribution(db: Executor, requested: string): Promise<ResolvedDistribution> {
  const name = await mapMeta(db, requested);
  const parts = parseDistribution(name);
  if (parts === undefined) throw new MbdError("bad_distribution", { distribution: requested });
  const repository = await findRepository(db, parts.repository);
  if (repository === undefined) {
    const known = (await listRepositories(db)).map((row) => row.identity).join(", ") || "none yet";
    throw new MbdError("unknown_repository", { repository: parts.repository, known });
  }
  const distributions = await distributionsOf(db, repository);
  const rows = distributions.find(({ distribution }) => distribution.codename === parts.codename);
  if (rows === undefined) {
    const known = distributions.map(({ distribution }) => distribution.codename).join(", ") || "none yet";
    throw new MbdError("unknown_codename", {
      repository: repository.identity,
      codename: parts.codename,
      known,
    });
  }
  const suite = rows.suites.find((row) => row.name === parts.suite);
  if (suite === undefined) {
    const known = rows.suites.map((row) => row.name).join(", ");
    throw new MbdError("unknown_suite", { repository: repository.identity, suite: parts.suite, known });
  }
  if (parts.rollback === undefined) return { ...rows, name, suite };
  if (parts.rollback >= suite.rollback) {
    const { rollback } = parts;
    throw new MbdError("unknown_rollback", {
      suite: suite.name,
      repository: repository.identity,
      rollback,
      count: suite.rollback,
    });
  }
  return { ...rows, name, suite, rollback: parts.rollback };
}

/** Resolves a distribution that packages may be uploaded or ported to. */
export async function resolveUploadTarget(db: Executor, requested: string): Promise<ResolvedDistribution> {
  const target = await resolveDistribution(db, requested);
  if (target.rollback !== undefined) throw new MbdError("is_rollback", { distribution: target.name });
  if (!target.suite.uploadable) {
    const uploadable = target.suites
      .filter((suite) => suite.uploadable)
      .map((suite) => suite.name)
      .sort()
      .join(", ");
    throw new MbdError("not_uploadable", { suite: target.suite.name, distribution: target.name, uploadable });
  }
  if (!target.repository.active)
    throw new MbdError("repository_inactive", { repository: target.repository.identity });
  return target;
}

/** Live distribution name of a suite. */
export function distributionName(rows: DistributionRows, suite: string): string {
  return `${rows.distribution.codename}-${rows.repository.identity}-${suite}`;
}

async function mapMeta(db: Executor, requested: string): Promise<string> {
  // No meta distribution has such a name, so most need not look.
  if (parseDistribution(requested) !== undefined) return requested;
  const entries = await metaMap(db);
  const targets = entries.filter((entry) => entry.meta === requested);
  if (targets.length > 1) {
    const repositories = targets.map((entry) => entry.repository).join(", ");
    throw new MbdError("meta_ambiguous", { distribution: requested, repositories });
  }
  return targets[0]?.distribution ?? requested;
}
