import type { ArchiveReport, ArchiveRequest } from "#api";
import type { AppliedChange, ChangeRequest } from "#archive";
import { publishCommitted, recordChange } from "#repositories";
import { ADMINISTRATOR, type ArchiveHandDeps } from "./deps.ts";
import { changeReport } from "./lines.ts";

type Requested<C extends ArchiveRequest["command"]> = Extract<ArchiveRequest, { command: C }>;

export async function copy(deps: ArchiveHandDeps, request: Requested<"copy">): Promise<ArchiveReport> {
  const { from, to, sources = [], component, force } = request;
  const both = { from, to, ...given({ component, force }) };
  const changes: ChangeRequest[] =
    request.full === true
      ? [{ kind: "copy-all", ...both }]
      : sources.map(({ source, version }) => ({ kind: "copy", ...both, source, ...given({ version }) }));
  return await change(deps, changes, request);
}

export async function remove(deps: ArchiveHandDeps, request: Requested<"remove">): Promise<ArchiveReport> {
  const { distribution, sources, component, architecture, keepRollback } = request;
  const changes = sources.map(
    ({ source, version }): ChangeRequest => ({
      kind: "remove",
      ...{ distribution, source },
      ...given({ version, component, keepRollback, arch: architecture }),
    }),
  );
  return await change(deps, changes, request);
}

export async function restore(deps: ArchiveHandDeps, request: Requested<"restore">): Promise<ArchiveReport> {
  const { distribution, source, component, force } = request;
  const restoring: ChangeRequest = {
    kind: "restore",
    ...{ distribution, source },
    ...given({ component, replace: force }),
  };
  return await change(deps, [restoring], request);
}

/**
 * Plans changes, or makes them all in one transaction, with the events that tell of them, and waits until clients see
 * them.
 */
export async function change(
  deps: ArchiveHandDeps,
  changes: readonly ChangeRequest[],
  { wait, dryRun }: { readonly wait?: boolean | undefined; readonly dryRun?: boolean | undefined },
): Promise<ArchiveReport> {
  const { archive, db, events } = deps;
  if (dryRun === true) {
    const plans = [];
    for (const each of changes) plans.push(await archive.plan(each));
    return changeReport({ plans, dryRun: true });
  }
  const applied = await db.write(async (tx) => {
    const done: AppliedChange[] = [];
    for (const each of changes) {
      const one = await archive.apply(tx, each);
      await recordChange(tx, events, { change: each, plan: one.plan, actor: ADMINISTRATOR });
      done.push(one);
    }
    return done;
  });
  const changed = applied.flatMap((each) => each.changed);
  return changeReport({
    plans: applied.map(({ plan }) => plan),
    dryRun: false,
    publish: applied.at(-1)?.publish,
    unpublished: wait === false ? [] : await publishCommitted({ ...deps, publishWaitMs: WAIT_MS }, changed),
  });
}

/** A command waits for long: thousands of packages may have come. */
const WAIT_MS = 6 * 3_600_000;

/** What was given of options. */
function given<T extends Record<string, unknown>>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
