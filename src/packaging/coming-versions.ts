import type { Executor } from "#db";
import { compareVersions, FormatError, parseDependencies, type Relation, type VersionOperator } from "#deb";

const HOLDS: Readonly<Record<VersionOperator, (order: number) => boolean>> = {
  "<<": (order) => order < 0,
  "<=": (order) => order <= 0,
  "=": (order) => order === 0,
  ">=": (order) => order >= 0,
  ">>": (order) => order > 0,
};

/** A source version that is on its way to a repository. */
export interface ComingSource {
  readonly repository: string;
  readonly source: string;
  readonly version: string;
}

/**
 * Whether a package of that name which the source will make can be what is missing (`libfoo-dev (>= 3)`). Its version is
 * known before it is built only if the source gave it its own version the last time; otherwise the name is believed.
 */
export async function canBring(db: Executor, coming: ComingSource, missing: string): Promise<boolean> {
  const relation = relationOf(missing);
  if (relation?.version === undefined) return true;
  const { operator, version } = relation.version;
  if (HOLDS[operator](compareVersions(coming.version, version))) return true;
  return !(await hasVersionOfSource(db, coming, relation.name));
}

async function hasVersionOfSource(
  db: Executor,
  { repository, source }: ComingSource,
  name: string,
): Promise<boolean> {
  const last = await db
    .selectFrom("package")
    .select(["version", "source_version"])
    .where("repository", "=", repository)
    .where("name", "=", name)
    .where("source", "=", source)
    .where("kind", "!=", "dsc")
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  return last !== undefined && last.version === last.source_version;
}

function relationOf(missing: string): Relation | undefined {
  try {
    return parseDependencies(missing, { place: { what: "a missing dependency" } })[0]?.[0];
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
