import type { MoveOutcome, RemoveOutcome } from "./change-outcome.ts";
import type { Hold } from "./holds.ts";

/** What calls would do, a sentence for each step: people read it before they confirm. */

export function moveSentence(
  { source, from, to, restores }: { source: string; from: string; to: string; restores: boolean },
  { component, version, replaced, rollbacks, lost }: MoveOutcome,
): string {
  const what = `${source} ${version}${inComponent(component)}`;
  return sentence(
    restores
      ? `Restore ${what} from ${from} to ${to}; it leaves that rollback`
      : `Copy ${what} from ${from} to ${to}`,
    replaced === null ? `no other version is there now` : `it replaces ${replaced}`,
    rollbackText(rollbacks),
    lostText(lost),
  );
}

export function alreadyThereSentence(source: string, distribution: string): string {
  return `${distribution} has this version of ${source} already; nothing changes there.`;
}

/** Of a hold that somebody passes over. */
export function heldSentence({ source, distribution, reason, by }: Hold): string {
  return `${source} is held in ${distribution} by ${by} (${reason}): it does not migrate by itself, and the hold stays.`;
}

export function removeSentence(
  { source, distribution }: { source: string; distribution: string },
  { component, versions, keptIn, rollbacks, lost }: RemoveOutcome,
): string {
  return sentence(
    `Remove ${source} ${versions.join(" and ")}${inComponent(component)} from ${distribution}`,
    keptIn === undefined ? "it is kept in no rollback" : `it is kept in ${keptIn}`,
    rollbackText(rollbacks),
    lostText(lost),
  );
}

function inComponent(component: string): string {
  return component === "main" ? "" : ` (${component})`;
}

function rollbackText(versions: readonly string[]): string {
  return versions.length === 0
    ? "there are no rollbacks of it then"
    : `rollbacks then: ${versions.join(", ")}`;
}

function lostText(versions: readonly string[]): string {
  return versions.length === 0 ? "" : `${versions.join(", ")} falls off their end`;
}

function sentence(...clauses: readonly string[]): string {
  return `${clauses.filter((clause) => clause !== "").join("; ")}.`;
}
