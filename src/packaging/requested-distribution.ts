import type { BuildRequest } from "#builds";
import { type DescribeDeps, describeBuild } from "./describe-build.ts";

/**
 * `describeBuild`, and by what name the upload asked for the distribution: the changelog has that one, to which lintian
 * would object (names-and-versions.md 5.4).
 */
export async function describeRequested(deps: DescribeDeps, buildId: number): Promise<BuildRequest> {
  const described = await describeBuild(deps, buildId);
  const row = await deps.db.read
    .selectFrom("build")
    .innerJoin("packaging", "packaging.id", "build.packaging_id")
    .innerJoin("upload", "upload.id", "packaging.upload_id")
    .select("upload.requested_distribution")
    .where("build.id", "=", buildId)
    .executeTakeFirst();
  const requested = row?.requested_distribution ?? described.distribution;
  return requested === described.distribution
    ? described
    : { ...described, requestedDistribution: requested };
}
