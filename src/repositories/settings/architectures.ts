import type { Flag, Row, Tx } from "#db";
import { isArchitecture, quote } from "#deb";
import type { DistributionSubject } from "./distribution-subject.ts";
import { refuseRepeated, splitWords } from "./kinds.ts";
import type { Refuse, Setting } from "./setting.ts";
import { refuseWhileBuilding } from "./unfinished.ts";

/** An architecture of a distribution before it has a row. */
export type ArchSpec = Pick<Row<"distribution_arch">, "arch" | "optional" | "arch_all">;

/**
 * Reads `amd64:all arm64 riscv64:optional`. Without a mark the one that builds `Architecture: all` stays the one it is.
 * At least one must be mandatory, exactly one builds for all, and that one is mandatory (pipeline.md 6.1).
 */
export function parseArchitectures(text: string, before: readonly ArchSpec[], refuse: Refuse): ArchSpec[] {
  const specs = splitWords(text).map((word): ArchSpec => {
    const [arch = "", ...marks] = word.split(":");
    if (!isArchitecture(arch)) refuse(`${quote(arch)} is not an architecture of a distribution`);
    const wrong = marks.find((mark) => mark !== "all" && mark !== "optional");
    if (wrong !== undefined) refuse(`${quote(word)}: the marks are :all and :optional`);
    const has = (mark: string): Flag => (marks.includes(mark) ? 1 : 0);
    return { arch, optional: has("optional"), arch_all: has("all") };
  });
  if (specs.length === 0) refuse("at least one architecture is needed");
  refuseRepeated(
    specs.map(({ arch }) => arch),
    refuse,
  );
  const marked = specs.filter((spec) => spec.arch_all === 1);
  if (marked.length > 1)
    refuse("exactly one architecture can build the packages for all of them, marked by :all");
  const chosen = marked[0]?.arch ?? before.find((spec) => spec.arch_all === 1)?.arch;
  const whole = specs.map((spec): ArchSpec => ({ ...spec, arch_all: spec.arch === chosen ? 1 : 0 }));
  const archAll = whole.find((spec) => spec.arch_all === 1);
  if (archAll === undefined) return refuse("mark the one that builds the packages for all of them by :all");
  if (archAll.optional) refuse(`${archAll.arch} builds the packages for all, so it cannot be optional`);
  return whole.sort((a, b) => (a.arch < b.arch ? -1 : 1));
}

export function showArchitectures(specs: readonly ArchSpec[]): string {
  const words = specs.map(
    ({ arch, optional, arch_all }) => `${arch}${arch_all ? ":all" : ""}${optional ? ":optional" : ""}`,
  );
  return words.join(" ");
}

/** Architectures of a distribution. Builds that are there keep what they were made with. */
export const architectures: Setting<DistributionSubject> = {
  name: "architectures",
  form: "names; :all marks the one that builds the packages for all, :optional those that may fail",
  doc: "What packages are built for.",
  read: ({ archs }) => showArchitectures(archs),
  async write(tx, subject, text, refuse) {
    const wanted = parseArchitectures(text, subject.archs, refuse);
    refuseUnknown(subject, wanted, refuse);
    const gone = subject.archs.filter(({ arch }) => !wanted.some((spec) => spec.arch === arch));
    if (gone.length > 0) await refuseWhileBuilding(tx, subject, "architectures");
    await replaceRows(tx, subject.distribution.id, wanted);
  },
};

function refuseUnknown(
  { source, archs }: DistributionSubject,
  wanted: readonly ArchSpec[],
  refuse: Refuse,
): void {
  const known = JSON.parse(source.architectures) as string[];
  const added = wanted.filter(({ arch }) => !archs.some((row) => row.arch === arch));
  const unknown = added.find(({ arch }) => !known.includes(arch));
  if (unknown === undefined || known.length === 0) return;
  refuse(`${source.origin} ${source.codename} has no ${unknown.arch}; it has ${known.join(", ")}`);
}

async function replaceRows(tx: Tx, distributionId: number, wanted: readonly ArchSpec[]): Promise<void> {
  await tx.deleteFrom("distribution_arch").where("distribution_id", "=", distributionId).execute();
  await tx
    .insertInto("distribution_arch")
    .values(wanted.map((spec) => ({ ...spec, distribution_id: distributionId })))
    .execute();
}
