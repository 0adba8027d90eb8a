import type { Row } from "#db";
import type { DistributionRows } from "../repository-store.ts";
import type { Setting, SettingKind, SettingWords } from "./setting.ts";

/** A codename of a repository with what its settings are read from. */
export interface DistributionSubject extends DistributionRows {
  /** All sources of the instance. */
  readonly sources: readonly Row<"source">[];
}

type Columns = Row<"distribution">;

/** A setting that is a column. */
export function column<C extends keyof Columns, T extends Columns[C] & (string | number | null)>(
  name: C,
  kind: SettingKind<T>,
  doc: string,
  words: SettingWords<DistributionSubject> = { building: true },
): Setting<DistributionSubject> {
  return {
    ...{ name, form: kind.form, doc, ...words },
    ...(kind.choices === undefined ? {} : { choices: kind.choices }),
    read: ({ distribution }) => kind.show(distribution[name] as T),
    async write(tx, { distribution }, text, refuse) {
      const change = { [name]: kind.parse(text, refuse) };
      await tx.updateTable("distribution").set(change).where("id", "=", distribution.id).execute();
    },
  };
}
