import type { Archive, ReleaseInput } from "#archive";
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
type Request = Parameters<Archive["apply"]>[1];

const LIVE = [UNSTABLE, UNSTABLE, STABLE];
const ROLLBACKS = [`${UNSTABLE}-rollback0`, `${UNSTABLE}-rollback1`, `${STABLE}-rollback0`];

/** More comes than goes; versions go up and down. */
const OPERATIONS: readonly (readonly [string, Operation])[] = [
  ["install", install],
  ["install", install],
  ["install", install],
  [
    "copy",
    (context) =>
      apply(context, {
        ...{ kind: "copy", to: STABLE, source: anySource(context), force: true },
        from: context.random.pick([UNSTABLE, ROLLBACKS[0] ?? UNSTABLE]),
      }),
  ],
  ["copy-all", (context) => apply(context, { kind: "copy-all", from: UNSTABLE, to: STABLE, force: true })],
  [
    "remove",
    (context) =>
      apply(context, {
        ...{ kind: "remove", source: anySource(context), keepRollback: context.random.below(2) === 0 },
        distribution: context.random.pick([...LIVE, ...ROLLBACKS]),
      }),
  ],
  [
    "restore",
    (context) =>
      apply(context, {
        ...{ kind: "restore", source: anySource(context), replace: true },
        distribution: context.random.pick(ROLLBACKS),
      }),
  ],
  ["add", addLoose],
];

async function apply({ engine }: Context, request: Request): Promise<void> {
  await engine.db.write((tx) => engine.archive.apply(tx, request));
}

async function install(context: Context): Promise<void> {
  const { engine, random, releases } = context;
  const release = await engine.archive.prepareRelease(random.pick(releases));
  await apply(context, { kind: "install", distribution: random.pick(LIVE), release, force: true });
}

/** One package of a release, without the release. */
async function addLoose(context: Context): Promise<void> {
  const { engine, random, releases } = context;
  const { component, packages } = await engine.archive.prepareRelease(random.pick(releases));
  const one = random.pick(packages.filter(({ kind }) => kind !== "dsc"));
  const distribution = random.pick(LIVE);
  await apply(context, { kind: "add", distribution, component, packages: [one], lower: "replace" });
}

function anySource({ random, releases }: Context): string {
  const name = random.pick(releases).dsc.name;
  return name.slice(0, name.indexOf("_"));
}

export function createOperations(engine: Engine, order: WorkOrder): NextOperation {
  const random = createRandom(order.seed);
  const context = { engine, random, releases: order.releases };
  return async (told) => {
    for (;;) {
      const [name, operation] = random.pick(OPERATIONS);
      told(name);
      if (await wentThrough(operation(context))) return name;
    }
  };
}

/** What the state does not allow (there is nothing to remove, say) is no change; anything else is an error. */
async function wentThrough(operation: Promise<void>): Promise<boolean> {
  try {
    await operation;
    return true;
  } catch (error) {
    if (error instanceof MbdError && error.status < 500) return false;
    throw error;
  }
}
