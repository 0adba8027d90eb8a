import type { EventView } from "#events";
import { buildsOf, type Instance } from "#testing";
import type { RealPackage } from "./real-packages.ts";

/** What became of a port. */
export interface Outcome {
  readonly source: string;
  readonly version: string;
  readonly kinds: string;
  readonly state: string;
  /** From the begin of its first build to its end. */
  readonly seconds: number;
  /** Why it failed: the build's reason and what was found in its log first. */
  readonly reason: string;
}

export async function outcomeOf(
  instance: Instance,
  { source, kinds }: RealPackage,
  event: EventView,
): Promise<Outcome> {
  const sql = "SELECT min(started_at) AS at FROM build WHERE packaging_id = ?";
  const begun = instance.rows(sql, event.packaging ?? 0)[0]?.at;
  const ended = {
    ...{ source, version: event.version ?? "", kinds, state: event.type },
    seconds: Math.round(
      (Date.parse(event.time) - Date.parse(typeof begun === "string" ? begun : event.time)) / 1000,
    ),
  };
  if (event.type === "INSTALLED") return { ...ended, reason: "" };
  const builds = await buildsOf(instance, event.packaging);
  const failed = builds.filter(({ state }) => state === "FAILED").map(({ reason }) => reason ?? "");
  return { ...ended, reason: failed.length === 0 ? event.message : failed.join(", ") };
}

/** For a page of the documentation. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ source, version, kinds, state, seconds, reason }) =>
    [`\`${source}\` ${version}`, kinds, state, String(seconds), reason].join(" | "),
  );
  return ["| source | kinds | state | s | reason |", "| --- | --- | --- | --- | --- |"]
    .concat(rows.map((row) => `| ${row} |`))
    .join("\n");
}
