import type { Tx } from "#db";
import { type KnownLayout, updateLayout, updateSuite } from "../layout-store.ts";
import type { SuiteSpec } from "../layouts.ts";
import { type Column, LAYOUT_COLUMNS, SUITE_COLUMNS } from "./layout-columns.ts";
import { fixedSetting, type Refuse, type Setting } from "./setting.ts";

export interface SuiteSubject extends KnownLayout {
  readonly suite: SuiteSpec;
}

const UNUSED = "it comes with the program and no repository has it; add a layout of your own instead";

/** The row to change: layouts of the program have none until a repository is made with them. */
function rowOf({ id }: KnownLayout, refuse: Refuse): number {
  return id ?? refuse(UNUSED);
}

/** What is said of a column as a setting. */
function wordsOf<S>({ name, form, choices, doc, fixedInUse }: Column<S>) {
  return {
    ...{ name, form, doc },
    ...(choices === undefined ? {} : { choices }),
    ...(fixedInUse === undefined
      ? {}
      : {
          fixed: ({ usedBy }: KnownLayout) => (usedBy.length === 0 ? undefined : fixedInUse),
        }),
  };
}

export const LAYOUT_SETTINGS: readonly Setting<KnownLayout>[] = [
  fixedSetting(
    "name",
    "Its name.",
    "repositories are made with it by this name",
    (layout) => layout.spec.name,
  ),
  ...LAYOUT_COLUMNS.map(
    (column): Setting<KnownLayout> => ({
      ...wordsOf(column),
      read: ({ spec }) => column.show(spec),
      write: async (tx: Tx, subject, text, refuse) =>
        await updateLayout(tx, rowOf(subject, refuse), column.set(subject.spec, text, refuse)),
    }),
  ),
];

export const SUITE_SETTINGS: readonly Setting<SuiteSubject>[] = [
  fixedSetting("name", "Its name.", "it is part of the names of distributions", ({ suite }) => suite.name),
  ...SUITE_COLUMNS.map(
    (column): Setting<SuiteSubject> => ({
      ...wordsOf(column),
      read: ({ suite }) => column.show(suite),
      async write(tx, subject, text, refuse) {
        const changed = column.set(subject.suite, text, refuse);
        refuseFewerRollbacks(subject, changed, refuse);
        await updateSuite(tx, rowOf(subject, refuse), changed);
      },
    }),
  ),
];

/** They are distributions that clients may have in use, and hold packages. */
export function refuseFewerRollbacks(
  { suite, usedBy }: Pick<SuiteSubject, "suite" | "usedBy">,
  changed: SuiteSpec,
  refuse: Refuse,
): void {
  if (usedBy.length === 0 || changed.rollback >= suite.rollback) return;
  refuse(`${suite.name} keeps ${suite.rollback} rollbacks in ${usedBy.join(", ")}; there can only be more`);
}
