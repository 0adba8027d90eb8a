import type { ReleaseInput } from "#archive";
import { MbdError } from "#platform";
import { STABLE, UNSTABLE, type WorkOrder } from "./driver-protocol.ts";
import type { Engine } from "./engine.ts";
import { createRandom, type Random } from "./random.ts";

/** Does one change at random; tells its name before it begins, and returns it. */
export type NextOperation = (told: (name: string) => void) => Promise<string>;

interface Context {
  readonly engine: Engine;
  readonly random: Random;
  readonly releases: readonly ReleaseInput[];
}

type Operation = (context: Context) => Promise<void>;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  async install({ engine, random, releases }) {
    const prepared = await engine.archive.prepareRelease(random.pick(releases));
    await engine.db.write((tx) =>
      engine.archive.installRelease(tx, prepared, random.pick([UNSTABLE, UNSTABLE, STABLE])),
    );
  },
};

export function createOperations(engine: Engine, order: WorkOrder): NextOperation {
  const random = createRandom(order.seed);
  const context = { engine, random, releases: order.releases };
  return async (told) => {
    for (;;) {
      const [name, operation] = random.pick(Object.entries(OPERATIONS));
      told(name);
      if (await wentThrough(operation(context))) return name;
    }
  };
}

/** What the state does not allow (the version is there already, say) is no change; anything else is an error. */
async function wentThrough(operation: Promise<void>): Promise<boolean> {
  try {
    await operation;
    return true;
  } catch (error) {
    if (error instanceof MbdError && error.status < 500) return false;
    throw error;
  }
}
