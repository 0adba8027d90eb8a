import { parseDistribution } from "#deb";
import { wordsOf } from "./parse.ts";
import type { ArchiveRow } from "./repositories.ts";

/** A live distribution with what an APT source needs to name. */
export interface AptPlace {
  readonly name: string;
  readonly repository: string;
  readonly codename: string;
  readonly suite: string;
  readonly components: readonly string[];
  readonly architectures: readonly string[];
  /** How many it keeps, or more than are shown. */
  readonly rollbacks: number;
}

/**
 * What apt is told of a distribution: of a rollback its live one, with as many rollbacks as are needed. Undefined while
 * clients would find nothing there.
 */
export function aptPlaceOf(
  row: ArchiveRow | undefined,
): { readonly place: AptPlace; readonly rollbacks: number } | undefined {
  const parts = parseDistribution(row?.name ?? "");
  if (row === undefined || parts === undefined || row.published_publish === 0) return undefined;
  const { codename, repository, suite, rollback } = parts;
  const rollbacks = rollback === undefined ? 0 : rollback + 1;
  return {
    rollbacks,
    place: {
      ...{ name: `${codename}-${repository}-${suite}`, repository, codename, suite },
      components: wordsOf(row.components),
      architectures: wordsOf(row.architectures),
      rollbacks: Math.max(rollbacks, row.rollbacks),
    },
  };
}
