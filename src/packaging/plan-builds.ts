import type { Flag } from "#db";
import { buildsFor, type Dsc, type UploadOption } from "#deb";
import type { ResolvedDistribution } from "#repositories";
import { buildOptionsFor, buildProfilesFor } from "./build-profiles.ts";

/** One build of a packaging before it has a row. */
export interface PlannedBuild {
  readonly row: {
    readonly arch: string;
    readonly build_any: Flag;
    readonly build_all: Flag;
    readonly optional: Flag;
    readonly state: "QUEUED" | "SKIPPED";
  };
  /** What decides besides what it makes. */
  readonly with: {
    readonly debBuildOptions: readonly string[];
    readonly debBuildProfiles: readonly string[];
  };
}

/** Which builds a source needs in a distribution (pipeline.md 6.1), with the build profiles that each has. */
export function planBuilds(
  dsc: Dsc,
  { archs, distribution }: Pick<ResolvedDistribution, "archs" | "distribution">,
  options: readonly UploadOption[],
): PlannedBuild[] {
  return archs.map(({ arch, arch_all, optional }) => {
    const debBuildProfiles = buildProfilesFor(options, arch, distribution);
    const scope = buildsFor(dsc, arch, arch_all === 1, debBuildProfiles);
    const state = scope.any || scope.all ? "QUEUED" : "SKIPPED";
    return {
      row: { arch, build_any: scope.any ? 1 : 0, build_all: scope.all ? 1 : 0, optional, state },
      with: { debBuildOptions: buildOptionsFor(options, arch, distribution), debBuildProfiles },
    };
  });
}
