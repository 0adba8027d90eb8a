import { compareVersions } from "#deb";
import type { SkippedEntry } from "./change-request.ts";
import { type Outcome, placeLoose, placeRelease } from "./place.ts";
import type { Planned } from "./plan-copy.ts";
import type { Entry, Held, SuiteChange, SuiteState } from "./suite-state.ts";
import { createWorkspace } from "./workspace.ts";

/** A whole release comes into a suite. */
export function planInstall(
  state: SuiteState,
  entry: Entry,
  force: boolean,
): { readonly change: SuiteChange; readonly outcome: Outcome } {
  const work = createWorkspace(state);
  const outcome = placeRelease(work, entry, force);
  return { change: work.change(), outcome };
}

/** Packages without a release come into a suite, lower versions first: of several of one name the highest stays. */
export function planAdd(state: SuiteState, items: readonly Held[], force: boolean): Planned {
  const work = createWorkspace(state);
  const skipped: SkippedEntry[] = [];
  for (const item of [...items].sort((a, b) => compareVersions(a.version, b.version))) {
    const outcome = placeLoose(work, item, force);
    if (outcome.result === "done") continue;
    const { component, name: source, version } = item;
    const there = outcome.result === "same" ? {} : { there: outcome.there };
    skipped.push({ component, source, version, reason: outcome.result, ...there });
  }
  return { change: work.change(), skipped };
}
