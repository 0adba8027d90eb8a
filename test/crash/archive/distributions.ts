import type { DistributionSpec } from "#archive";
import { ARCHITECTURES, COMPONENTS, REPOSITORY, STABLE, UNSTABLE } from "./driver-protocol.ts";
import type { Engine } from "./engine.ts";

/** Two suites with rollbacks, as a small repository has them. */
export async function makeDistributions({ db, archive }: Pick<Engine, "db" | "archive">): Promise<void> {
  await db.write(async (tx) => {
    for (const [name, rollbacks] of [
      [UNSTABLE, 2],
      [STABLE, 1],
    ] as const) {
      const live: DistributionSpec = {
        ...{ repository: REPOSITORY, name, kind: "live", rollbacks },
        components: COMPONENTS,
        architectures: ARCHITECTURES,
        origin: "Mini-Buildd archive test on localhost",
        description: `${name} of a test`,
        notAutomatic: false,
        butAutomaticUpgrades: false,
        sourcesPerComponent: 1,
      };
      await archive.ensureDistribution(tx, live);
      for (let position = 0; position < rollbacks; position += 1) {
        const rollback = { ...live, kind: "rollback" as const, position, live: name, rollbacks: 0 };
        await archive.ensureDistribution(tx, { ...rollback, name: `${name}-rollback${position}` });
      }
    }
  });
}
