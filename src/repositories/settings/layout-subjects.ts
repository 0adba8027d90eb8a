import type { Executor, Tx } from "#db";
import { MbdError } from "#platform";
import { archiveDistributions } from "../archive-distributions.ts";
import { layoutFaults } from "../layout-rules.ts";
import { findLayout, type KnownLayout, knownLayouts } from "../layout-store.ts";
import { distributionsOfAll, listRepositories } from "../repository-store.ts";
import type { EnsureDistribution } from "./distribution-subjects.ts";
import { LAYOUT_SETTINGS, SUITE_SETTINGS, type SuiteSubject } from "./layout-settings.ts";
import { metaNotes } from "./repository-subjects.ts";
import type { Effects, Subjects } from "./setting.ts";

/** Layouts, by name. */
export function layoutSubjects(ensure: EnsureDistribution): Subjects<KnownLayout> {
  return {
    kind: "layout",
    settings: LAYOUT_SETTINGS,
    find: layoutNamed,
    changed: (tx, subject, names) => layoutChanged(tx, ensure, subject, names),
  };
}

/** Suites, as `LAYOUT/SUITE`. */
export function suiteSubjects(ensure: EnsureDistribution): Subjects<SuiteSubject> {
  return {
    kind: "suite",
    settings: SUITE_SETTINGS,
    find: findSuite,
    changed: (tx, subject, names) => layoutChanged(tx, ensure, subject, names),
  };
}

/** @throws MbdError not_found */
export async function layoutNamed(db: Executor, name: string): Promise<KnownLayout> {
  const layout = await findLayout(db, name);
  if (layout !== undefined) return layout;
  const known = (await knownLayouts(db)).map(({ spec }) => spec.name).join(", ");
  throw new MbdError("bad_argument", {
    argument: "layout",
    reason: `there is no layout '${name}'; known: ${known}`,
  });
}

async function findSuite(db: Executor, name: string): Promise<SuiteSubject> {
  const slash = name.lastIndexOf("/");
  const layout = await layoutNamed(db, slash < 0 ? name : name.slice(0, slash));
  const suite = layout.spec.suites.find((each) => each.name === name.slice(slash + 1));
  if (suite !== undefined && slash > 0) return { ...layout, suite };
  const known = layout.spec.suites.map((each) => each.name).join(", ");
  const reason = `'${name}' is not of the form LAYOUT/SUITE; layout ${layout.spec.name} has ${known}`;
  throw new MbdError("bad_argument", { argument: "suite", reason });
}

/** Whatever was changed: the layout must hold as a whole, and repositories that have it publish what it says. */
export async function layoutChanged(
  tx: Tx,
  ensure: EnsureDistribution,
  { spec }: KnownLayout,
  names: readonly string[],
): Promise<Effects> {
  const [fault] = layoutFaults(spec);
  if (fault !== undefined)
    throw new MbdError("bad_argument", { argument: names[0] ?? "layout", reason: fault });
  const { id } = await layoutNamed(tx, spec.name);
  const users = (await listRepositories(tx)).filter((repository) => repository.layout_id === id);
  for (const rows of await distributionsOfAll(tx, users)) {
    for (const each of archiveDistributions(rows)) await ensure(tx, each);
  }
  const versions = names.some((name) => name.endsWith("version") || name.endsWith("regex"));
  return {
    notes: [
      ...(versions && users.length > 0 ? ["What is in the repositories stays; new versions must fit."] : []),
      ...(names.includes("meta_distributions") ? await metaNotes(tx) : []),
    ],
  };
}
