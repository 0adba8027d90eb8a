import type { BuildResult } from "#builds";
import type { Build } from "./packaging-store.ts";
import type { PlannedBuild } from "./plan-builds.ts";

/**
 * Which builds of an earlier try a retry takes over: those that are what would be made today. One that made other packages
 * or was made otherwise would leave some out, or bring some twice. Whether the packaging needs it is as of today.
 */
export function buildsToKeep(built: readonly Build[], planned: readonly PlannedBuild[]): Build[] {
  return built.flatMap((build) => {
    const plan = planned.find(({ row }) => row.arch === build.arch);
    return plan !== undefined && isAsPlanned(build, plan) ? [{ ...build, optional: plan.row.optional }] : [];
  });
}

function isAsPlanned(build: Build, plan: PlannedBuild): boolean {
  if (build.build_any !== plan.row.build_any || build.build_all !== plan.row.build_all) return false;
  const { madeWith } = JSON.parse(build.result ?? "{}") as Partial<BuildResult>;
  if (madeWith === undefined) return true; // of an earlier version, which did not write it down
  const { debBuildOptions, debBuildProfiles } = plan.with;
  return (
    sameWords(madeWith.debBuildOptions, debBuildOptions) &&
    sameWords(madeWith.debBuildProfiles, debBuildProfiles)
  );
}

function sameWords(one: readonly string[], other: readonly string[]): boolean {
  return JSON.stringify([...one].sort()) === JSON.stringify([...other].sort());
}
