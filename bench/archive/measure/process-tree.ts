import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** Watches the memory of processes and all that they start, until it is stopped. */
export interface MemoryWatch {
  /** Most bytes resident at the same time; shared pages count in each process that maps them. */
  stop(): number;
}

const EVERY_MS = 20;

/**
 * Sums the resident memory of the trees below some processes again and again. The kernel's own high-water mark of each
 * process is a lower bound, so a short peak between two looks is not lost.
 */
export function watchMemory(roots: readonly number[]): MemoryWatch {
  let peak = 0;
  const look = () => {
    const tree = treeOf(roots);
    const now = tree.map((pid) => readMemory(pid));
    const together = now.reduce((sum, { resident }) => sum + resident, 0);
    peak = Math.max(peak, together, ...now.map(({ high }) => high));
  };
  look();
  const timer = setInterval(look, EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}

/** Begins the high-water mark of a process anew (proc(5), clear_refs). */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

function treeOf(roots: readonly number[]): number[] {
  const parents = new Map(
    readdirSync("/proc")
      .filter((name) => /^[0-9]+$/.test(name))
      .map((name) => [Number(name), parentOf(Number(name))]),
  );
  const inTree = new Set(roots);
  for (let grown = true; grown; ) {
    grown = false;
    for (const [pid, parent] of parents) {
      if (inTree.has(pid) || parent === undefined || !inTree.has(parent)) continue;
      inTree.add(pid);
      grown = true;
    }
  }
  return [...inTree];
}

function parentOf(pid: number): number | undefined {
  // The name of a program is in parentheses and may hold anything, parentheses too.
  const fields = readProc(pid, "stat").split(") ").at(-1)?.split(" ");
  return fields?.[1] === undefined ? undefined : Number(fields[1]);
}

function readMemory(pid: number): { resident: number; high: number } {
  const status = readProc(pid, "status");
  const kilobytes = (field: string) =>
    Number(new RegExp(`^${field}:\\s+([0-9]+) kB`, "m").exec(status)?.[1] ?? 0);
  return { resident: kilobytes("VmRSS") * 1024, high: kilobytes("VmHWM") * 1024 };
}

/** Empty when the process has ended meanwhile. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
}
