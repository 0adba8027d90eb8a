import { readFile } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import type { Tx } from "#db";
import type { BuildLimits } from "./build-description.ts";
import { countBusyBuilds, memoryOfRunning, noteMemory } from "./build-store.ts";
import type { BuildWorkerDeps } from "./worker-deps.ts";

/** Of the machine's memory, what all builds together may take (builds.md 9). */
const MEMORY_SHARE = 0.8;
/** Of that, what belongs to the slots, in equal parts, whoever else runs. */
const RESERVED = 0.5;
const LEAST_MEMORY_BYTES = 1024 ** 3;

/** Of the processes that the machine can have, what all builds together may take. */
const TASKS_SHARE = 0.5;
const LEAST_TASKS = 256;

export type LimitsDeps = Pick<BuildWorkerDeps, "slots" | "processors" | "memoryBytes" | "limits" | "worker">;

/**
 * Limits of a build that begins, in the transaction of its lease. Of processors it takes its share among those that can
 * run now (as dpkg-buildpackage by itself takes all processors, its option `--jobs-try`), at least what belongs to its
 * slot; of memory see below; unless whoever runs the machine said how much.
 */
export async function giveLimits(
  tx: Tx,
  deps: LimitsDeps,
  build: number,
  wanted: BuildLimits,
): Promise<BuildLimits> {
  const processors = deps.processors ?? availableParallelism();
  const slots = Math.max(1, deps.slots ?? processors);
  const sharers = Math.max(1, Math.min(slots, await countBusyBuilds(tx)));
  const budgetBytes = (deps.memoryBytes ?? totalmem()) * MEMORY_SHARE;
  const others = await memoryOfRunning(tx, deps.worker, build);
  const memoryBytes = memoryToGive({ budgetBytes, slots, sharers, others });
  const limits = smaller(wanted, {
    memoryBytes,
    tasks: tasksToGive(await machineTasks(), slots),
    ...deps.limits,
  });
  await noteMemory(tx, build, limits.memoryBytes ?? memoryBytes);
  if (deps.limits?.cpus !== undefined) return limits;
  return { ...limits, cpus: Math.max(limits.cpus, Math.floor(processors / sharers)) };
}

export interface MemoryAsked {
  /** What all builds together may take. */
  readonly budgetBytes: number;
  readonly slots: number;
  /** How many builds can run now, with this one. */
  readonly sharers: number;
  /** What was given to each that runs; null where nobody wrote it down. */
  readonly others: readonly (number | null)[];
}

/**
 * A limit cannot be lowered while a build runs, so what is given is gone until it ends. One half belongs to the slots,
 * in equal parts, so that whoever comes last can still work. The other half is lent, in shares among those that can run
 * now, as long as it lasts: one that begins alone gets all of it. So all together never have more than there is (but
 * for the least, on a machine with too many slots).
 */
export function memoryToGive({ budgetBytes, slots, sharers, others }: MemoryAsked): number {
  const own = (budgetBytes * RESERVED) / slots;
  const spare = budgetBytes * (1 - RESERVED);
  const lent = others.reduce<number>((sum, bytes) => sum + Math.max(0, (bytes ?? budgetBytes) - own), 0);
  const extra = Math.max(0, Math.min(spare / sharers, spare - lent));
  return Math.max(LEAST_MEMORY_BYTES, Math.floor(own + extra));
}

/** A build that forks without end must not keep the daemon, nor other builds, from forking. */
export function tasksToGive(machine: number, slots: number): number {
  return Math.max(LEAST_TASKS, Math.floor((machine * TASKS_SHARE) / slots));
}

/** How many processes and threads this machine can have: proc(5). */
async function machineTasks(): Promise<number> {
  const numbers = ["threads-max", "pid_max"].map(async (name) =>
    Number(await readFile(`/proc/sys/kernel/${name}`, "latin1")),
  );
  return Math.min(...(await Promise.all(numbers)));
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
