import type { Executor, Row, Tx } from "#db";
import { LAYOUT_NAMES, LAYOUTS, type LayoutSpec, type SuiteSpec } from "./layouts.ts";

/** A layout that repositories have, or can be given. */
export interface KnownLayout {
  /** Of its row; one of the program gets a row with the first repository that has it. */
  readonly id: number | undefined;
  readonly spec: LayoutSpec;
  /** Identities of the repositories that have it. */
  readonly usedBy: readonly string[];
}

/** Those of the program first, then own ones by name. */
export async function knownLayouts(db: Executor): Promise<KnownLayout[]> {
  const rows = await db.selectFrom("layout").selectAll().orderBy("name").execute();
  const suites = await db.selectFrom("suite").selectAll().orderBy("id").execute();
  const repositories = await db
    .selectFrom("repository")
    .select(["identity", "layout_id"])
    .orderBy("identity")
    .execute();
  const stored = rows.map(
    (row): KnownLayout => ({
      id: row.id,
      spec: specOf(row, suites),
      usedBy: repositories.filter((each) => each.layout_id === row.id).map(({ identity }) => identity),
    }),
  );
  const own = stored.filter(({ spec }) => !LAYOUTS.some(({ name }) => name === spec.name));
  const builtIn = LAYOUTS.map(
    (spec): KnownLayout =>
      stored.find((each) => each.spec.name === spec.name) ?? { id: undefined, spec, usedBy: [] },
  );
  return [...builtIn, ...own];
}

/** By its name, or as `--repositories IDENTITY/LAYOUT` calls it. */
export async function findLayout(db: Executor, text: string): Promise<KnownLayout | undefined> {
  const name = Object.hasOwn(LAYOUT_NAMES, text) ? LAYOUT_NAMES[text] : text;
  return (await knownLayouts(db)).find(({ spec }) => spec.name === name);
}

export async function insertLayout(tx: Tx, spec: LayoutSpec): Promise<number> {
  const { suites, ...fields } = spec;
  const { id } = await tx.insertInto("layout").values(fields).returning("id").executeTakeFirstOrThrow();
  await insertSuites(tx, id, suites);
  return id;
}

export async function insertSuites(tx: Tx, layoutId: number, suites: readonly SuiteSpec[]): Promise<void> {
  if (suites.length === 0) return;
  await tx
    .insertInto("suite")
    .values(suites.map((suite) => ({ ...suite, layout_id: layoutId })))
    .execute();
}

export async function updateLayout(tx: Tx, id: number, spec: LayoutSpec): Promise<void> {
  const { suites: _suites, name: _name, ...fields } = spec;
  await tx.updateTable("layout").set(fields).where("id", "=", id).execute();
}

export async function updateSuite(tx: Tx, layoutId: number, spec: SuiteSpec): Promise<void> {
  const { name, ...fields } = spec;
  await tx
    .updateTable("suite")
    .set(fields)
    .where("layout_id", "=", layoutId)
    .where("name", "=", name)
    .execute();
}

export async function deleteSuite(tx: Tx, layoutId: number, name: string): Promise<void> {
  await tx.deleteFrom("suite").where("layout_id", "=", layoutId).where("name", "=", name).execute();
}

function specOf({ id, ...fields }: Row<"layout">, suites: readonly Row<"suite">[]): LayoutSpec {
  const own = suites.filter(({ layout_id }) => layout_id === id);
  return { ...fields, suites: own.map(({ id: _id, layout_id: _layout, ...suite }) => suite) };
}
