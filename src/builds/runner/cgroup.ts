import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { hasCode, killQuietly } from "#platform";
import { type CgroupPlaces, CHECK_TOOLS, type RunnerLimits } from "./task.ts";

/** The control group of one build; without any place to make it, all of it does nothing and says so in `report`. */
export interface BuildCgroup {
  readonly report: { readonly memory: string; readonly tasks: string };
  /** Arguments in front of the command: a constant line that joins the group before the tool starts. */
  readonly prefix: readonly string[];
  /** Whether the kernel killed something in it for want of memory. */
  outOfMemory(): boolean;
  peakBytes(): number | null;
  /** Kills all of it at once, where the kernel can. */
  kill(): void;
  remove(): void;
}

const JOIN =
  'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ >"$1" || exit 125; shift; n=$((n-1)); done; exec "$@"';

/** Makes the group as well as the machine allows (builds.md 9): v2, else v1, else nothing. */
export function createCgroup(places: CgroupPlaces, name: string, limits: RunnerLimits): BuildCgroup {
  const v2 = places.v2 === undefined ? undefined : makeGroup(join(places.v2, name));
  if (v2 !== undefined) return versionTwo(v2, limits);
  const memory = places.memory === undefined ? undefined : makeGroup(join(places.memory, name));
  const pids = places.pids === undefined ? undefined : makeGroup(join(places.pids, name));
  return versionOne(memory, pids, limits);
}

function versionTwo(dir: string, limits: RunnerLimits): BuildCgroup {
  const memory = limits.memoryBytes !== null && put(dir, "memory.max", limits.memoryBytes);
  if (memory) put(dir, "memory.swap.max", 0);
  const tasks = put(dir, "pids.max", limits.tasks);
  put(dir, "cpu.weight", 50);
  const outOfMemory = killsFromNow(dir, "memory.events");
  return {
    report: { memory: memory ? "cgroup2" : "none", tasks: tasks ? "cgroup2" : "rlimit" },
    prefix: joinPrefix([dir]),
    outOfMemory,
    peakBytes: () => numberIn(dir, "memory.peak"),
    kill: () => {
      put(dir, "cgroup.kill", 1);
    },
    remove: () => removeGroup(dir),
  };
}

function versionOne(memory: string | undefined, pids: string | undefined, limits: RunnerLimits): BuildCgroup {
  const limited =
    memory !== undefined &&
    limits.memoryBytes !== null &&
    put(memory, "memory.limit_in_bytes", limits.memoryBytes);
  if (limited && limits.memoryBytes !== null) put(memory, "memory.memsw.limit_in_bytes", limits.memoryBytes);
  const tasks = pids !== undefined && put(pids, "pids.max", limits.tasks);
  const dirs = [pids, memory].filter((dir) => dir !== undefined);
  const outOfMemory = memory === undefined ? () => false : killsFromNow(memory, "memory.oom_control");
  return {
    report: { memory: limited ? "cgroup1" : "none", tasks: tasks ? "cgroup1" : "rlimit" },
    prefix: joinPrefix(dirs),
    outOfMemory,
    peakBytes: () => (memory === undefined ? null : numberIn(memory, "memory.max_usage_in_bytes")),
    kill: () => {
      for (const dir of dirs) killOneByOne(dir);
    },
    remove: () => {
      for (const dir of dirs) removeGroup(dir);
    },
  };
}

/** Tools of a build have a group each. */
const TOOLS = ["sbuild", "lintian", ...CHECK_TOOLS] as const;
export type ToolName = (typeof TOOLS)[number];

/** Several instances may share the machine's places, so a number alone would not do. */
export function groupName(workDir: string, tool: ToolName): string {
  return `build-${createHash("sha256").update(workDir).digest("hex").slice(0, 16)}-${tool}`;
}

/** Kills what a runner that is gone left in the groups of its build. */
export function killGroupsOf(workDir: string, { v2, memory, pids }: CgroupPlaces): void {
  for (const tool of TOOLS) {
    const name = groupName(workDir, tool);
    if (v2 !== undefined) put(join(v2, name), "cgroup.kill", 1);
    for (const place of [pids, memory]) if (place !== undefined) killOneByOne(join(place, name));
  }
}

/** Version 1 cannot kill all at once, but it can keep them from becoming more. */
function killOneByOne(dir: string): void {
  put(dir, "pids.max", 0);
  const path = join(dir, "cgroup.procs");
  if (!existsSync(path)) return;
  for (const line of readFileSync(path, "latin1").trim().split("\n")) {
    if (/^[1-9][0-9]*$/.test(line)) killQuietly(Number(line));
  }
}

function joinPrefix(dirs: readonly string[]): string[] {
  if (dirs.length === 0) return [];
  return ["sh", "-c", JOIN, "sh", String(dirs.length), ...dirs.map((dir) => join(dir, "cgroup.procs"))];
}

/**
 * The directory, or undefined where this user may not make or join it. One left by an earlier attempt is made anew, as it
 * counts on; where something still keeps it, it is taken.
 */
function makeGroup(dir: string): string | undefined {
  try {
    removeGroup(dir);
    if (!existsSync(dir)) mkdirSync(dir);
    accessSync(join(dir, "cgroup.procs"), constants.W_OK);
    return dir;
  } catch (error) {
    if (hasCode(error, "EACCES", "EPERM", "ENOENT", "EROFS")) return undefined;
    throw error;
  }
}

function removeGroup(dir: string): void {
  try {
    rmdirSync(dir);
  } catch (error) {
    // Still busy, or its owner changed: the next attempt of this build takes it, or the machine's restart ends it.
    if (!hasCode(error, "EBUSY", "ENOENT", "ENOTEMPTY", "EACCES", "EPERM")) throw error;
  }
}

/** Sets a value; false where the controller is missing. */
function put(dir: string, file: string, value: number): boolean {
  const path = join(dir, file);
  if (!existsSync(path)) return false;
  try {
    writeFileSync(path, String(value));
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error) return false;
    throw error;
  }
}

/** Whether the kernel killed something for want of memory since now. */
function killsFromNow(dir: string, file: string): () => boolean {
  const kills = () => {
    const path = join(dir, file);
    if (!existsSync(path)) return 0;
    return Number(/^oom_kill ([0-9]+)$/m.exec(readFileSync(path, "latin1"))?.[1] ?? 0);
  };
  const before = kills();
  return () => kills() > before;
}

function numberIn(dir: string, file: string): number | null {
  const path = join(dir, file);
  return existsSync(path) ? Number(readFileSync(path, "latin1").trim()) : null;
}
