import type { DistributionSpec } from "#archive";
import type { DistributionRows } from "./repository-store.ts";
import { distributionName } from "./resolve.ts";

/** Live suites and their rollbacks, as the archive publishes them; live ones come before their rollbacks. */
export function archiveDistributions(rows: DistributionRows): DistributionSpec[] {
  const { repository, distribution, archs, source } = rows;
  const common = {
    repository: repository.identity,
    components: JSON.parse(distribution.components) as string[],
    architectures: archs.map((row) => row.arch),
    origin: repository.origin,
    sourcesPerComponent: 1,
  };
  return rows.suites.flatMap((suite) => {
    const name = distributionName(rows, suite.name);
    const description = `${suite.name} of repository ${repository.identity} for ${source.origin} ${source.codename}`;
    const live: DistributionSpec = {
      ...common,
      name,
      kind: "live",
      description,
      notAutomatic: suite.not_automatic === 1,
      butAutomaticUpgrades: suite.but_automatic_upgrades === 1,
      rollbacks: suite.rollback,
      sourcesPerComponent: suite.sources_per_component,
    };
    const rollbacks = Array.from(
      { length: suite.rollback },
      (_, position): DistributionSpec => ({
        ...common,
        name: `${name}-rollback${position}`,
        kind: "rollback",
        position,
        live: name,
        description: `rollback ${position} of ${description}`,
        notAutomatic: true,
        butAutomaticUpgrades: false,
        rollbacks: 0,
      }),
    );
    return [live, ...rollbacks];
  });
}
