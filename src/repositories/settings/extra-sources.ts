import type { Row } from "#db";
import { quote } from "#deb";
import { sourceTrouble } from "#sources";
import type { DistributionSubject } from "./distribution-subject.ts";
import { refuseRepeated } from "./kinds.ts";
import type { Refuse, Setting } from "./setting.ts";

interface ExtraSource {
  readonly source: number;
  readonly priority: number;
}

/** Priorities of extra sources (names-and-versions.md 3): what belongs to the release counts as the release. */
export function extraPriority(codename: string): number {
  return /(-security|-updates|\/updates)$/.test(codename) ? 500 : 1;
}

/** Sources besides the base that builds may take packages from, as `bookworm-backports@1, Ubuntu:noble`. */
export const extraSources: Setting<DistributionSubject> = {
  name: "extra_sources",
  form: "codenames of sources, separated by commas; ORIGIN: before and @PRIORITY behind can be left out",
  doc: "Sources besides the base that build-dependencies may come from, with their apt priorities.",
  building: true,
  read: ({ distribution, sources }) =>
    (JSON.parse(distribution.extra_sources) as ExtraSource[])
      .map(({ source, priority }) => `${nameOf(sources, source)}@${priority}`)
      .join(", "),
  async write(tx, subject, text, refuse) {
    const extra = text
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "")
      .map((item) => parseItem(item, subject, refuse));
    refuseRepeated(
      extra.map(({ source }) => nameOf(subject.sources, source)),
      refuse,
    );
    await tx
      .updateTable("distribution")
      .set({ extra_sources: JSON.stringify(extra) })
      .where("id", "=", subject.distribution.id)
      .execute();
  },
};

/** What keeps builds waiting after a change: a source that cannot be used; a sentence each. */
export function extraSourceNotes({ distribution, sources }: DistributionSubject): string[] {
  const extra = JSON.parse(distribution.extra_sources) as ExtraSource[];
  return sources
    .filter((row) => extra.some(({ source }) => source === row.id))
    .flatMap((row) => sourceTrouble(row) ?? [])
    .map((trouble) => `Builds wait, as ${trouble}.`);
}

function parseItem(
  item: string,
  { source: base, sources }: DistributionSubject,
  refuse: Refuse,
): ExtraSource {
  const [, origin, codename = "", priority] = /^(?:([^:@]+):)?([^:@]+)(?:@(-?[0-9]{1,5}))?$/.exec(item) ?? [];
  const found = sources.filter(
    (row) => row.codename === codename && (origin === undefined || row.origin === origin),
  );
  const [source] = found;
  if (source === undefined) {
    const known = sources.map((row) => row.codename).join(", ");
    return refuse(`there is no source ${quote(item)}; known: ${known}`);
  }
  if (found.length > 1) refuse(`several sources are named ${codename}; write ORIGIN:${codename}`);
  if (source.id === base.id) refuse(`${codename} is the base already`);
  const number = priority === undefined ? extraPriority(codename) : Number(priority);
  if (number === 0 || Math.abs(number) > 32_767)
    refuse(`${quote(item)}: a priority is a whole number from -32767 to 32767 other than 0`);
  return { source: source.id, priority: number };
}

function nameOf(sources: readonly Row<"source">[], id: number): string {
  const source = sources.find((row) => row.id === id);
  if (source === undefined) return `source ${id}`;
  const alike = sources.filter((row) => row.codename === source.codename);
  return alike.length > 1 ? `${source.origin}:${source.codename}` : source.codename;
}
