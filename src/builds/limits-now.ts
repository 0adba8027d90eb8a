import { availableParallelism, totalmem } from "node:os";
import type { BuildLimits } from "./build-description.ts";
import { countBusyBuilds } from "./build-store.ts";
import type { BuildWorkerDeps } from "./worker-deps.ts";

/** Of the machine's memory, what all builds together may take; no build gets less than the other (builds.md 9). */
const MEMORY_SHARE = 0.8;
const LEAST_MEMORY_BYTES = 1024 ** 3;

/**
 * Limits of a build that begins. Of processors and memory it takes its share among those that can run now (as
 * dpkg-buildpackage by itself takes all processors, its option `--jobs-try`), at least what belongs to its slot; unless
 * whoever runs the machine said how much.
 */
export async function limitsNow(deps: BuildWorkerDeps, wanted: BuildLimits): Promise<BuildLimits> {
  const processors = deps.processors ?? availableParallelism();
  const slots = deps.slots ?? processors;
  const sharers = Math.max(1, Math.min(slots, await countBusyBuilds(deps.db.read)));
  const budget = (deps.memoryBytes ?? totalmem()) * MEMORY_SHARE;
  const memoryBytes = Math.max(LEAST_MEMORY_BYTES, Math.floor(budget / sharers));
  const limits = smaller(wanted, { memoryBytes, ...deps.limits });
  if (deps.limits?.cpus !== undefined) return limits;
  return { ...limits, cpus: Math.max(limits.cpus, Math.floor(processors / sharers)) };
}

function smaller(wanted: BuildLimits, allowed: Partial<BuildLimits>): BuildLimits {
  const entries = Object.entries(allowed).flatMap(([name, most]) => {
    if (most === undefined) return [];
    const limit = wanted[name as keyof BuildLimits] ?? most;
    // What must stay free is the machine's matter: more is stricter.
    return [[name, name === "diskFreeBytes" ? Math.max(most, limit) : Math.min(most, limit)]];
  });
  return { ...wanted, ...Object.fromEntries(entries) };
}
