import type { Tx } from "#db";
import { compareComponents, isComponent, quote } from "#deb";
import { distributionName } from "../resolve.ts";
import type { DistributionSubject } from "./distribution-subject.ts";
import { wordList } from "./kinds.ts";
import type { Refuse, Setting } from "./setting.ts";
import { refuseWhileBuilding } from "./unfinished.ts";

const kind = wordList("names; main is always one", (word) =>
  isComponent(word) ? undefined : `${quote(word)} is not the name of a component`,
);

/** Components of a distribution; one that holds packages stays. */
export const components: Setting<DistributionSubject> = {
  name: "components",
  form: kind.form,
  doc: "What packages are sorted into, by the first part of their Section.",
  read: ({ distribution }) => kind.show(distribution.components),
  async write(tx, subject, text, refuse) {
    const wanted = JSON.parse(kind.parse(text, refuse)) as string[];
    if (!wanted.includes("main")) refuse("main must be among them");
    const before = JSON.parse(subject.distribution.components) as string[];
    const gone = before.filter((name) => !wanted.includes(name));
    await refuseOccupied(tx, subject, gone, refuse);
    if (gone.length > 0) await refuseWhileBuilding(tx, subject, "components");
    await tx
      .updateTable("distribution")
      .set({ components: JSON.stringify([...wanted].sort(compareComponents)) })
      .where("id", "=", subject.distribution.id)
      .execute();
  },
};

async function refuseOccupied(
  tx: Tx,
  subject: DistributionSubject,
  gone: readonly string[],
  refuse: Refuse,
): Promise<void> {
  if (gone.length === 0) return;
  const names = subject.suites.map(({ name }) => distributionName(subject, name));
  for (const table of ["membership", "rollback_membership"] as const) {
    const held = await tx
      .selectFrom(table)
      .innerJoin("archive_distribution", "archive_distribution.id", `${table}.distribution_id`)
      .select(["archive_distribution.name", `${table}.component`])
      .where("archive_distribution.name", "in", names)
      .where(`${table}.component`, "in", [...gone])
      .where(`${table}.removed`, "is", null)
      .executeTakeFirst();
    if (held !== undefined)
      refuse(`${held.name} holds packages in ${held.component}, also in its rollbacks; remove them first`);
  }
}
