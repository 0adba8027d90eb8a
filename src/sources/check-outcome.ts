import type { RowUpdate } from "#db";
import { codeversionOf } from "#deb";
import { type ArchiveResult, type GoodArchive, isGood } from "./archive-check.ts";
import type { Source } from "./source-store.ts";

export interface CheckOutcome {
  readonly update: RowUpdate<"source">;
  /** What to tell people; empty when nothing changed. */
  readonly changes: readonly string[];
}

/**
 * What a check makes of a source: one good archive is enough; the newest good Release file is believed; the codeversion
 * is set once and then sticky (names-and-versions.md 4).
 * @param ranked good archives, best first
 */
export function outcomeOf(
  source: Source,
  results: readonly ArchiveResult[],
  ranked: readonly GoodArchive[],
  now: string,
): CheckOutcome {
  const newest = [...ranked].sort((a, b) => b.release.date.getTime() - a.release.date.getTime())[0]?.release;
  if (newest === undefined) {
    const error = problemsOf(results);
    const changes = source.state === "error" && source.error === error ? [] : [`it cannot be used: ${error}`];
    return { update: { state: "error", error, checked_at: now }, changes };
  }
  const seen = codeversionOf({ ...source, version: newest.version }) ?? "";
  const { removeFromComponent: prefix } = source;
  const components = newest.components.map((name) => withoutPrefix(name, prefix));
  const seenDate = newest.date.toISOString();
  const accepted = {
    description: newest.description,
    components: JSON.stringify(components),
    architectures: JSON.stringify(newest.architectures),
    archives: JSON.stringify(reordered(source.archives, ranked)),
  };
  const isFirst = source.codeversionSticky === "";
  return {
    update: {
      ...accepted,
      state: "active",
      error: null,
      checked_at: now,
      release_date: seenDate > (source.releaseDate ?? "") ? seenDate : source.releaseDate,
      codeversion_seen: seen,
      ...(isFirst ? { codeversion: seen } : {}),
    },
    changes: changesOf(source, { seen, components, newest, isFirst }),
  };
}

function changesOf(
  source: Source,
  now: {
    readonly seen: string;
    readonly components: readonly string[];
    readonly newest: { readonly description: string; readonly architectures: readonly string[] };
    readonly isFirst: boolean;
  },
): string[] {
  const changes: string[] = [];
  if (source.state !== "active") changes.push("it can be used");
  if (!now.isFirst && now.seen !== source.codeversionSeen && now.seen !== source.codeversion) {
    changes.push(
      `its codeversion would now be '${now.seen}'; '${source.codeversion}' stays until an administrator accepts it`,
    );
  }
  if (source.state === "unchecked") return changes;
  if (source.description !== now.newest.description) changes.push(`it is now '${now.newest.description}'`);
  for (const [what, before, after] of [
    ["components", source.components, now.components],
    ["architectures", source.architectures, now.newest.architectures],
  ] as const) {
    if (before.join(" ") !== after.join(" ")) changes.push(`its ${what} are now: ${after.join(" ")}`);
  }
  return changes;
}

/** `URL: reason` of each bad archive. */
export function problemsOf(results: readonly ArchiveResult[]): string {
  const problems = results.flatMap((it) => (isGood(it) ? [] : [`${it.url} is ${it.problem}: ${it.reason}`]));
  return problems.length === 0 ? "it has no archive" : problems.join("; ");
}

function withoutPrefix(name: string, prefix: string): string {
  return prefix !== "" && name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

function reordered(archives: readonly string[], ranked: readonly GoodArchive[]): string[] {
  const best = ranked.map((archive) => archive.url).filter((url) => archives.includes(url));
  return [...best, ...archives.filter((url) => !best.includes(url))];
}
