import type { ArchiveReport } from "#api";
import type { ChangePlan, DistributionPlan, PlannedEntry, SkippedEntry } from "#archive";
import type { Unpublished } from "#repositories";

interface Changes {
  readonly plans: readonly ChangePlan[];
  readonly dryRun: boolean;
  readonly publish?: number | undefined;
  readonly unpublished?: readonly Unpublished[];
}

/** What changes did, or would do: a line for each source version that comes or goes, or stays. */
export function changeReport({ plans, dryRun, publish, unpublished = [] }: Changes): ArchiveReport {
  const lines = plans.flatMap((plan) => planLines(plan, dryRun));
  const result = { dryRun, ...(publish === undefined ? {} : { publish }), changes: plans };
  return withUnpublished({ lines: lines.length > 0 ? lines : ["Nothing to do."], result }, unpublished);
}

/** Says what apt does not see yet of what was done. */
export function withUnpublished(report: ArchiveReport, unpublished: readonly Unpublished[]): ArchiveReport {
  if (unpublished.length === 0) return report;
  const lines = unpublished.map(
    ({ distribution, reason }) =>
      `${distribution}: it is done, but apt does not see it yet (${reason}); the daemon, or the next command, tries again`,
  );
  return {
    lines: [...report.lines, ...lines],
    result: { ...report.result, unpublished },
    failed: true,
  };
}

function planLines({ distributions, skipped }: ChangePlan, dryRun: boolean): string[] {
  return [...distributions.flatMap((plan) => distributionLines(plan, dryRun)), ...skipped.map(skippedLine)];
}

function distributionLines({ distribution, added, removed }: DistributionPlan, dryRun: boolean): string[] {
  const would = dryRun ? "would be " : "";
  const lines = (what: string, preposition: string) => (entry: PlannedEntry) => {
    const other = entry.other === undefined ? "" : ` ${preposition} ${entry.other}`;
    return namesOf(entry).map((name) => `${distribution}: ${name} ${would}${what}${other}`);
  };
  return [...added.flatMap(lines("added", "from")), ...removed.flatMap(lines("removed", "to"))];
}

/** A rollback holds releases as a whole: there the source says it all. */
function namesOf({ source, version, packages = [] }: PlannedEntry): string[] {
  if (packages.length === 0) return [`${source} ${version}`];
  return packages.map((item) => `${item.name} ${item.version} ${item.arch}`);
}

function skippedLine({ source, version, reason, there = "" }: SkippedEntry): string {
  const why = {
    same: "is there already",
    lower: `is lower than ${there}, which is there`,
    elsewhere: `is in component ${there} already`,
    component: `has no component ${there} to go to`,
  };
  return `${source} ${version} skipped: it ${why[reason]}`;
}
