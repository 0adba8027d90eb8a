import { type Expression, type SqlBool, sql } from "kysely";
import type { Executor } from "#db";
import { parseDistribution } from "#deb";
import { urls, withQuery } from "../urls.ts";
import { matches } from "./like.ts";

export interface SearchQuery {
  /** Part of a name, or with `*` and `?` all of it. */
  readonly pattern: string;
  /** Only these; none means all. */
  readonly repositories: readonly string[];
  readonly codenames: readonly string[];
  /** Of matches of each kind. */
  readonly limit: number;
}

export interface Match {
  readonly kind: "source" | "binary" | "build" | "event";
  /** Of the package; of a build or event that of its source. */
  readonly name: string;
  readonly version: string;
  readonly distribution?: string;
  /** Of a binary package. */
  readonly source?: string;
  /** Of a build, or what happened. */
  readonly state?: string;
  /** Page about it. */
  readonly path: string;
}

export interface Found {
  readonly matches: Match[];
  /** There are more than the limit of some kind. */
  readonly more: boolean;
}

/** Longer than any name. */
const LONGEST = 120;

/**
 * Packages that live distributions hold now, the shortest names first, and builds and events of sources of such names,
 * the newest first.
 */
export async function searchAll(db: Executor, query: SearchQuery): Promise<Found> {
  const text = query.pattern.toLowerCase();
  if (text === "" || text.length > LONGEST) return { matches: [], more: false };
  const lives = await livesOf(db, query);
  const parts = [
    await packages(db, text, ["dsc"], lives, query.limit),
    await packages(db, text, ["deb", "udeb", "ddeb"], lives, query.limit),
    await builds(db, text, query),
    await events(db, text, query),
  ];
  return {
    matches: parts.flatMap((part) => part.slice(0, query.limit)),
    more: parts.some((part) => part.length > query.limit),
  };
}

interface Lives {
  readonly repositories: readonly string[];
  /** By id. */
  readonly named: ReadonlyMap<number, Live>;
}

interface Live {
  readonly name: string;
  /** Made by the administrator's hand: pages of packages are about repositories of the set-up only. */
  readonly byHand: boolean;
}

async function livesOf(db: Executor, { repositories, codenames }: SearchQuery): Promise<Lives> {
  const rows = await db
    .selectFrom("archive_distribution as d")
    .leftJoin("repository as r", "r.identity", "d.repository")
    .select(["d.id", "d.name", "d.repository", "r.id as known"])
    .where("d.kind", "=", "live")
    .execute();
  const wanted = rows.filter(
    ({ name, repository }) =>
      isWanted(repositories, repository) && isWanted(codenames, parseDistribution(name)?.codename),
  );
  return {
    repositories: [...new Set(wanted.map(({ repository }) => repository))],
    named: new Map(wanted.map(({ id, name, known }) => [id, { name, byHand: known === null }])),
  };
}

function isWanted(names: readonly string[], name: string | undefined): boolean {
  return names.length === 0 || (name !== undefined && names.includes(name));
}

async function packages(
  db: Executor,
  text: string,
  kinds: readonly string[],
  lives: Lives,
  limit: number,
): Promise<Match[]> {
  const ids = [...lives.named.keys()];
  if (ids.length === 0) return [];
  // Only columns of the index of names, so that the scan never reads a stanza.
  const names = await db
    .selectFrom("package")
    .select("name")
    .where("repository", "in", lives.repositories)
    .where("kind", "in", kinds)
    .where((eb) => matches(eb.ref("name"), text))
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom("membership as m")
          .select("m.id")
          .where(sameId("m.package_id"))
          .where("m.removed", "is", null)
          .where("m.distribution_id", "in", ids),
      ),
    )
    .groupBy("name")
    .orderBy(sql`length(name)`)
    .orderBy("name")
    .limit(limit + 1)
    .execute();
  if (names.length === 0) return [];
  const order = new Map(names.map(({ name }, index) => [name, index]));
  const rows = await db
    .selectFrom("package as p")
    .innerJoin("membership as m", "m.package_id", "p.id")
    .select(["p.name", "p.kind", "p.version", "p.source", "m.distribution_id as distributionId"])
    .distinct()
    .where("p.repository", "in", lives.repositories)
    .where("p.kind", "in", kinds)
    .where("p.name", "in", [...order.keys()])
    .where("m.removed", "is", null)
    .execute();
  return rows
    .flatMap(({ kind, name, version, source, distributionId }): Match[] => {
      const live = lives.named.get(distributionId);
      if (live === undefined) return [];
      const path = live.byHand ? pathIn(live.name, kind, name) : urls.package(source);
      const common = { name, version, distribution: live.name, path };
      return [kind === "dsc" ? { kind: "source", ...common } : { kind: "binary", ...common, source }];
    })
    .sort(
      (a, b) =>
        (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0) || compare(a.distribution, b.distribution),
    )
    .slice(0, limit + 1);
}

/** The page of a distribution, with the packages of a name. */
function pathIn(distribution: string, kind: string, name: string): string {
  return withQuery(urls.distribution(distribution), { kind: kind === "dsc" ? "" : "binary", q: name });
}

function sameId(column: string): Expression<SqlBool> {
  return sql<SqlBool>`${sql.ref(column)} = ${sql.ref("package.id")}`;
}

function compare(a = "", b = ""): number {
  return a < b ? -1 : Number(a > b);
}

async function builds(db: Executor, text: string, query: SearchQuery): Promise<Match[]> {
  const isMatch = await ofSources(db, "packaging", text);
  if (isMatch === undefined) return [];
  const rows = await db
    .selectFrom("build")
    .innerJoin("packaging", "packaging.id", "build.packaging_id")
    .select(["build.id", "build.state", "packaging.source", "packaging.version", "packaging.distribution"])
    .where((eb) => isMatch(eb.ref("packaging.source")))
    .$if(query.repositories.length > 0, (select) =>
      select.where("packaging.repository", "in", query.repositories),
    )
    .$if(query.codenames.length > 0, (select) => select.where("packaging.codename", "in", query.codenames))
    .orderBy("build.id", "desc")
    .limit(query.limit + 1)
    .execute();
  return rows.map(({ id, state, source, version, distribution }) => ({
    ...{ kind: "build", name: source, version, distribution, state, path: urls.build(id) },
  }));
}

async function events(db: Executor, text: string, query: SearchQuery): Promise<Match[]> {
  const isMatch = await ofSources(db, "event", text);
  if (isMatch === undefined) return [];
  const rows = await db
    .selectFrom("event")
    .select(["type", "source", "version", "distribution", "packaging", "build"])
    .where((eb) => isMatch(eb.ref("source").$castTo<string>()))
    .$if(query.repositories.length > 0, (select) => select.where("repository", "in", query.repositories))
    .$if(query.codenames.length > 0, (select) => select.where("codename", "in", query.codenames))
    .orderBy("id", "desc")
    .limit(query.limit + 1)
    .execute();
  return rows.map(({ type, source, version, distribution, packaging, build }) => ({
    ...{ kind: "event", name: source ?? "", version: version ?? "", state: type },
    ...(distribution === null ? {} : { distribution }),
    path: eventPath(source ?? "", packaging, build),
  }));
}

function eventPath(source: string, packaging: number | null, build: number | null): string {
  if (build !== null) return urls.build(build);
  return packaging === null ? urls.package(source) : urls.packaging(packaging);
}

/** More names than that are no search any more: then the newest rows match soon. */
const NAMES = 200;

/**
 * Whether a row is of a source that matches. Names are read from one entry of the index to that of the next name, so
 * that a long history costs no more than a short one. Undefined when there is no such source.
 */
async function ofSources(
  db: Executor,
  table: "packaging" | "event",
  text: string,
): Promise<((column: Expression<string>) => Expression<SqlBool>) | undefined> {
  const name = sql.ref<string>("names.source");
  const { rows } = await sql<{ source: string }>`
    WITH RECURSIVE names (source) AS (
      SELECT min(source) FROM ${sql.table(table)}
      UNION ALL
      SELECT (SELECT min(t.source) FROM ${sql.table(table)} AS t WHERE t.source > names.source)
        FROM names WHERE names.source IS NOT NULL
    )
    SELECT names.source FROM names WHERE ${matches(name, text)} LIMIT ${NAMES + 1}`.execute(db);
  if (rows.length === 0) return undefined;
  if (rows.length > NAMES) return (column) => matches(column, text);
  const sources = sql.join(rows.map(({ source }) => source));
  return (column) => sql<SqlBool>`${column} IN (${sources})`;
}
