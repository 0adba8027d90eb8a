import type { Audit, By } from "#accounts";
import type { Database, Executor, Tx } from "#db";
import { MbdError } from "#platform";
import { layoutFaults, layoutNameFault } from "./layout-rules.ts";
import {
  deleteSuite,
  findLayout,
  insertLayout,
  insertSuites,
  type KnownLayout,
  knownLayouts,
  updateLayout,
  updateSuite,
} from "./layout-store.ts";
import { parseLayout } from "./layout-text.ts";
import type { LayoutSpec, SuiteSpec } from "./layouts.ts";
import { distributionsOfAll, listRepositories } from "./repository-store.ts";
import { distributionName } from "./resolve.ts";
import {
  type EnsureDistribution,
  LAYOUT_COLUMNS,
  layoutChanged,
  layoutNamed,
  refuseFewerRollbacks,
  SUITE_COLUMNS,
  unfinishedIn,
} from "./settings/index.ts";

export interface LayoutDeps {
  readonly db: Database;
  readonly ensureDistribution: EnsureDistribution;
  readonly audit: Pick<Audit, "done">;
}

/** What became of a layout, one sentence part each; none: it was so already. */
export interface LayoutChanged {
  readonly name: string;
  readonly done: readonly string[];
  readonly notes: readonly string[];
}

/** Layouts of the program, and own ones (names-and-versions.md 5). */
export interface Layouts {
  list(): Promise<readonly KnownLayout[]>;
  /** @throws MbdError bad_argument */
  find(name: string): Promise<KnownLayout>;
  /** Adds the layout that a file says (`parseLayout`). @throws MbdError bad_argument */
  add(text: string, by: By): Promise<LayoutChanged>;
  /** Makes a layout what a file says, as far as its use allows. @throws MbdError bad_argument, setting_busy */
  change(text: string, by: By): Promise<LayoutChanged>;
}

export function createLayouts(deps: LayoutDeps): Layouts {
  const { db, audit } = deps;
  return {
    list: () => knownLayouts(db.read),
    find: (name) => layoutNamed(db.read, name),
    async add(text, by) {
      const spec = parseLayout(text);
      const fault = layoutNameFault(spec.name) ?? layoutFaults(spec)[0];
      if (fault !== undefined) throw refused(fault);
      await db.write(async (tx) => {
        if ((await findLayout(tx, spec.name)) !== undefined)
          throw refused(`there is a layout ${spec.name} already; use 'layout change'`);
        await insertLayout(tx, spec);
        await audit.done(tx, by, "layout.add", { layout: spec.name });
      });
      return { name: spec.name, done: ["added"], notes: [] };
    },
    async change(text, by) {
      const wanted = parseLayout(text);
      return await db.write(async (tx) => {
        const layout = await layoutNamed(tx, wanted.name);
        const done = await bringTo(tx, layout, { ...wanted, name: layout.spec.name });
        if (done.length === 0) return { name: layout.spec.name, done, notes: [] };
        const names = LAYOUT_COLUMNS.filter((column) => column.show(layout.spec) !== column.show(wanted));
        const { notes } = await layoutChanged(
          tx,
          deps.ensureDistribution,
          await layoutNamed(tx, layout.spec.name),
          ["file", ...names.map(({ name }) => name)],
        );
        await audit.done(tx, by, "layout.change", { layout: layout.spec.name, changes: done.join("; ") });
        return { name: layout.spec.name, done, notes };
      });
    },
  };
}

async function bringTo(tx: Tx, layout: KnownLayout, wanted: LayoutSpec): Promise<string[]> {
  const { id, spec } = layout;
  if (id === undefined)
    throw refused(`${spec.name} comes with the program and no repository has it; add an own layout instead`);
  const done = LAYOUT_COLUMNS.filter((column) => column.show(spec) !== column.show(wanted)).map(
    (column) => `${column.name} is ${column.show(wanted)}`,
  );
  if (done.length > 0) await updateLayout(tx, id, wanted);
  for (const suite of wanted.suites) {
    const before = spec.suites.find(({ name }) => name === suite.name);
    if (before === undefined) {
      await insertSuites(tx, id, [suite]);
      done.push(`suite ${suite.name} is new`);
    } else done.push(...(await changeSuite(tx, layout, before, suite)));
  }
  for (const suite of spec.suites) {
    if (wanted.suites.some(({ name }) => name === suite.name)) continue;
    await refuseInUse(tx, layout, suite.name);
    await deleteSuite(tx, id, suite.name);
    done.push(`suite ${suite.name} is gone`);
  }
  return done;
}

async function changeSuite(
  tx: Tx,
  layout: KnownLayout,
  before: SuiteSpec,
  wanted: SuiteSpec,
): Promise<string[]> {
  const changed = SUITE_COLUMNS.filter((column) => column.show(before) !== column.show(wanted));
  if (changed.length === 0 || layout.id === undefined) return [];
  const fixed = layout.usedBy.length === 0 ? undefined : changed.find((it) => it.fixedInUse !== undefined);
  if (fixed !== undefined)
    throw refused(`${fixed.name} of suite ${before.name} cannot be changed: ${fixed.fixedInUse}`);
  refuseFewerRollbacks({ suite: before, usedBy: layout.usedBy }, wanted, (reason) => {
    throw refused(reason);
  });
  await updateSuite(tx, layout.id, wanted);
  return changed.map((column) => `${column.name} of suite ${before.name} is ${column.show(wanted)}`);
}

/** A suite can go only when nothing is in it, nor in its rollbacks and snapshots, nor on its way there. */
async function refuseInUse(tx: Tx, { id }: KnownLayout, suite: string): Promise<void> {
  const users = (await listRepositories(tx)).filter((repository) => repository.layout_id === id);
  for (const rows of await distributionsOfAll(tx, users)) {
    const distribution = distributionName(rows, suite);
    if (await holdsSomething(tx, distribution))
      throw refused(`${distribution} is not empty, also of rollbacks and snapshots`);
    const [bkey] = await unfinishedIn(tx, rows, suite);
    if (bkey !== undefined)
      throw new MbdError("setting_busy", { setting: "suites", object: distribution, bkey });
  }
}

async function holdsSomething(db: Executor, distribution: string): Promise<boolean> {
  const row = await db
    .selectFrom("archive_distribution as d")
    .select("d.id")
    .where("d.name", "=", distribution)
    .where((eb) =>
      eb.or([
        eb.exists(
          eb
            .selectFrom("membership as m")
            .select("m.id")
            .whereRef("m.distribution_id", "=", "d.id")
            .where("m.removed", "is", null),
        ),
        eb.exists(
          eb
            .selectFrom("rollback_membership as r")
            .select("r.id")
            .whereRef("r.distribution_id", "=", "d.id")
            .where("r.removed", "is", null),
        ),
        eb.exists(eb.selectFrom("snapshot as s").select("s.id").whereRef("s.distribution_id", "=", "d.id")),
      ]),
    )
    .executeTakeFirst();
  return row !== undefined;
}

function refused(reason: string): MbdError {
  return new MbdError("bad_argument", { argument: "file", reason });
}
