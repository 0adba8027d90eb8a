import type { Executor, Row } from "#db";

/** What a chroot is made from. */
export interface ChrootSource {
  readonly url: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** Binary OpenPGP keys. */
  readonly keyring: Uint8Array;
  readonly checkValidUntil: boolean;
  /** Newest accepted Date of its Release file: another one may hold newer packages. */
  readonly releaseDate: string;
}

interface ExtraSource {
  readonly source: number;
  readonly priority: number;
}

/** From this pin priority on a source replaces packages of the base, as security and updates do. */
const REPLACING_PRIORITY = 500;

/**
 * The base source of a codename, and behind it those extra sources that replace its packages in every distribution on
 * it (builds.md 3.2). Components are those that any of the distributions has. Empty when no usable base is known.
 */
export async function chrootSources(db: Executor, codename: string): Promise<ChrootSource[]> {
  const distributions = await db
    .selectFrom("distribution")
    .select(["source_id", "components", "extra_sources"])
    .where("codename", "=", codename)
    .orderBy("id")
    .execute();
  const sources = await db.selectFrom("source").selectAll().orderBy("id").execute();
  const baseId = distributions[0]?.source_id;
  const base = sources.find((it) => (baseId === undefined ? it.codename === codename : it.id === baseId));
  if (base?.state !== "active") return [];
  const wanted = distributions.flatMap((it) => JSON.parse(it.components) as string[]);
  const shared = sharedExtras(distributions.map((it) => JSON.parse(it.extra_sources) as ExtraSource[]));
  const extras = sources.filter((it) => shared.includes(it.id) && it.state === "active");
  return [base, ...extras]
    .map((source) => chrootSource(source, wanted))
    .filter((it) => it.components.length > 0);
}

/** Ids of the replacing sources that all lists have, in the order of the first. */
export function sharedExtras(lists: readonly (readonly ExtraSource[])[]): number[] {
  const replacing = lists.map((list) =>
    list.filter((extra) => extra.priority >= REPLACING_PRIORITY).map((extra) => extra.source),
  );
  return (replacing[0] ?? []).filter((id) => replacing.every((ids) => ids.includes(id)));
}

function chrootSource(row: Row<"source">, wanted: readonly string[]): ChrootSource {
  const offered = JSON.parse(row.components) as string[];
  const components = offered.filter((name) => name === "main" || wanted.includes(name));
  return {
    url: (JSON.parse(row.archives) as string[])[0] ?? "",
    suite: row.codename,
    components: components.length > 0 ? components : offered,
    keyring: new Uint8Array(Buffer.from(row.keyring, "base64")),
    checkValidUntil: row.check_valid_until === 1,
    releaseDate: row.release_date ?? "",
  };
}
