import { type Expression, type SqlBool, sql } from "kysely";
import type { Executor, Row } from "#db";
import { matches } from "./like.ts";

export interface PackageLine {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly component: string;
  readonly source: string;
}

export interface PackageQuery {
  readonly kind: "source" | "binary";
  readonly text?: string | undefined;
  /** Names behind this one. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export async function findArchiveDistribution(
  db: Executor,
  name: string,
): Promise<Row<"archive_distribution"> | undefined> {
  return await db.selectFrom("archive_distribution").selectAll().where("name", "=", name).executeTakeFirst();
}

/**
 * Packages of a distribution by name. Goes along the index of (repository, kind, name) and asks for each whether it is a
 * member, so a page costs what it shows and not what the distribution holds.
 */
export async function listPackages(
  db: Executor,
  distribution: Row<"archive_distribution">,
  query: PackageQuery,
): Promise<PackageLine[]> {
  const lines: PackageLine[] = [];
  for (const kind of query.kind === "source" ? ["dsc"] : ["deb", "udeb", "ddeb"])
    lines.push(...(await listKind(db, distribution, kind, query)));
  return lines.sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name))).slice(0, query.limit);
}

async function listKind(
  db: Executor,
  distribution: Row<"archive_distribution">,
  kind: string,
  query: PackageQuery,
): Promise<PackageLine[]> {
  let select = db
    .selectFrom("package")
    .select(["name", "version", "arch", "component", "source"])
    .where("repository", "=", distribution.repository)
    .where("kind", "=", kind)
    .where((eb) => eb.exists(membersOf(db, distribution)))
    .orderBy("name")
    .orderBy("version")
    .orderBy("arch")
    .limit(query.limit);
  if (query.after !== undefined) select = select.where("name", ">", query.after);
  const { text } = query;
  if (text !== undefined && text !== "")
    select = select.where((eb) => matches(eb.ref("name"), text.toLowerCase()));
  return await select.execute();
}

/** A query with a row when the package of the outer query is in the distribution now. */
function membersOf(db: Executor, distribution: Row<"archive_distribution">) {
  const samePackage = (column: string): Expression<SqlBool> =>
    sql<SqlBool>`${sql.ref(column)} = ${sql.ref("package.id")}`;
  if (distribution.kind !== "rollback") {
    return db
      .selectFrom("membership as m")
      .select("m.id")
      .where(samePackage("m.package_id"))
      .where("m.distribution_id", "=", distribution.id)
      .where("m.removed", "is", null);
  }
  return db
    .selectFrom("release_package as rp")
    .innerJoin("rollback_membership as m", "m.release_id", "rp.release_id")
    .select("m.id")
    .where(samePackage("rp.package_id"))
    .where("m.distribution_id", "=", distribution.live_id ?? 0)
    .where("m.position", "=", distribution.position ?? 0)
    .where("m.removed", "is", null);
}

/** Versions that another distribution of the same repository holds of these sources. */
export async function versionsIn(
  db: Executor,
  distributionId: number,
  repository: string,
  sources: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (sources.length === 0) return new Map();
  const rows = await db
    .selectFrom("package")
    .innerJoin("membership", "membership.package_id", "package.id")
    .select(["package.name", "package.version"])
    .where("package.repository", "=", repository)
    .where("package.kind", "=", "dsc")
    .where("package.name", "in", [...sources])
    .where("membership.distribution_id", "=", distributionId)
    .where("membership.removed", "is", null)
    .execute();
  return new Map(rows.map((row) => [row.name, row.version]));
}
