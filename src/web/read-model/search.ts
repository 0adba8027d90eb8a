import { sql } from "kysely";
import type { Executor } from "#db";
import { matches } from "./like.ts";

export interface Hit {
  readonly name: string;
  /** `dsc` for sources, else what kind of binary. */
  readonly kind: string;
  readonly source: string;
  readonly repository: string;
}

/**
 * Sources and binaries whose names hold `text` (or match it, with `*` and `?`), the shortest names first. Names that
 * were ever here are found, also when they are in no suite any more.
 */
export async function searchPackages(db: Executor, text: string, limit: number): Promise<Hit[]> {
  const repositories = await db.selectFrom("repository").select("identity").limit(100).execute();
  // Only columns of the index of names, so that the scan never reads a stanza.
  const names = await db
    .selectFrom("package")
    .select("name")
    .where((eb) => matches(eb.ref("name"), text.toLowerCase()))
    .groupBy("name")
    .orderBy(sql`length(name)`)
    .orderBy("name")
    .limit(limit)
    .execute();
  if (names.length === 0 || repositories.length === 0) return [];
  const order = new Map(names.map((row, index) => [row.name, index]));
  const hits = await db
    .selectFrom("package")
    .select(["name", "kind", "source", "repository"])
    .distinct()
    .where(
      "repository",
      "in",
      repositories.map((row) => row.identity),
    )
    .where("kind", "in", ["dsc", "deb", "udeb", "ddeb"])
    .where("name", "in", [...order.keys()])
    .limit(limit * 4)
    .execute();
  return hits.sort(
    (a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0) || (a.kind === "dsc" ? -1 : 1),
  );
}
