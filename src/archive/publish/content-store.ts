import type { Executor } from "#db";
import type { IndexedPackage } from "./index-plan.ts";
import type { PoolEntry } from "../pool.ts";
import { contentAt } from "../suites/index.ts";
import type { ArchiveDistribution } from "../types.ts";

/** Packages of a distribution at a publish, with their stanzas. */
export async function readContent(
  db: Executor,
  distribution: ArchiveDistribution,
  at: number,
): Promise<IndexedPackage[]> {
  return await db
    .selectFrom(contentAt(db, distribution, at))
    .innerJoin("package as p", "p.id", "c.package_id")
    .select(["p.kind", "p.name", "p.version", "p.arch", "c.component", "p.stanza"])
    .execute();
}

/** Files of packages that came after what is published: names that may not be in the pool yet. */
export async function readNewFiles(
  db: Executor,
  distribution: ArchiveDistribution,
  at: number,
): Promise<PoolEntry[]> {
  return await db
    .selectFrom(contentAt(db, distribution, at))
    .innerJoin("package_file as f", "f.package_id", "c.package_id")
    .innerJoin("pool_file as pf", (join) =>
      join.onRef("pf.repository", "=", "f.repository").onRef("pf.path", "=", "f.path"),
    )
    .select(["pf.path", "pf.sha256"])
    .distinct()
    .where("c.added", ">", distribution.published_publish)
    .execute();
}
