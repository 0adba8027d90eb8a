import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findCgroupPlaces } from "./cgroup-places.ts";
import { createCgroup } from "./runner/cgroup.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "mbd-cgroup-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const LIMITS = {
  totalSeconds: 1,
  stalledSeconds: 1,
  logBytes: 1,
  diskFreeBytes: 1,
  tasks: 77,
  memoryBytes: 1_000_000,
};

/** Files that the kernel would put into a new group. */
function controllers(dir: string, ...names: readonly string[]): void {
  mkdirSync(dir, { recursive: true });
  for (const name of names) writeFileSync(join(dir, name), "");
}

describe("findCgroupPlaces", () => {
  it("takes the delegated unit around the subgroup of the daemon", () => {
    controllers(join(root, "system.slice/mini-buildd.service/daemon"));
    const unit = join(root, "system.slice/mini-buildd.service");
    writeFileSync(join(unit, "cgroup.subtree_control"), "cpu memory pids\n");
    writeFileSync(join(root, "own"), "0::/system.slice/mini-buildd.service/daemon\n");

    expect(findCgroupPlaces(root, join(root, "own"))).toEqual({ v2: unit });
  });

  it("takes v1 directories made for us, or nothing", () => {
    writeFileSync(join(root, "own"), "4:memory:/x\n0::/\n");
    expect(findCgroupPlaces(root, join(root, "own"))).toEqual({});

    controllers(join(root, "memory/mini-buildd"));
    expect(findCgroupPlaces(root, join(root, "own"))).toEqual({ memory: join(root, "memory/mini-buildd") });
  });
});

describe("createCgroup", () => {
  it("limits memory and tasks by v2 and joins by the prefix", () => {
    const dir = join(root, "build-1");
    controllers(dir, "memory.max", "memory.swap.max", "pids.max", "cpu.weight", "cgroup.procs");
    writeFileSync(join(dir, "memory.events"), "low 0\noom_kill 2\n");
    writeFileSync(join(dir, "memory.peak"), "4711\n");

    const cgroup = createCgroup({ v2: root }, "build-1", LIMITS);
    const output = execFileSync(cgroup.prefix[0] ?? "", [...cgroup.prefix.slice(1), "echo", "a b", "$HOME"]);

    expect(cgroup.report).toEqual({ memory: "cgroup2", tasks: "cgroup2" });
    expect(readFileSync(join(dir, "memory.max"), "utf8")).toBe("1000000");
    expect(readFileSync(join(dir, "pids.max"), "utf8")).toBe("77");
    expect(output.toString()).toBe("a b $HOME\n");
    expect(Number(readFileSync(join(dir, "cgroup.procs"), "utf8"))).toBeGreaterThan(1);
    // What was killed before, by an earlier attempt, does not count.
    expect(cgroup.outOfMemory()).toBe(false);
    writeFileSync(join(dir, "memory.events"), "low 0\noom_kill 3\n");
    expect(cgroup.outOfMemory()).toBe(true);
    expect(cgroup.peakBytes()).toBe(4711);
  });

  it("limits by v1 what has a place", () => {
    const dir = join(root, "build-1");
    controllers(dir, "memory.limit_in_bytes", "cgroup.procs");

    const cgroup = createCgroup({ memory: root }, "build-1", LIMITS);

    expect(cgroup.report).toEqual({ memory: "cgroup1", tasks: "rlimit" });
    expect(readFileSync(join(dir, "memory.limit_in_bytes"), "utf8")).toBe("1000000");
    expect(cgroup.outOfMemory()).toBe(false);
  });

  it("says so when there is no place at all", () => {
    const cgroup = createCgroup({ v2: join(root, "none") }, "build-1", LIMITS);

    expect(cgroup.report).toEqual({ memory: "none", tasks: "rlimit" });
    expect(cgroup.prefix).toEqual([]);
  });
});
