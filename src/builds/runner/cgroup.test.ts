import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCgroup, groupName, killGroupsOf } from "./cgroup.ts";

// A directory like the kernel's; what a test writes there is what the kernel would count.
let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "mbd-cgroup-"));
});
afterEach(() => rmSync(place, { recursive: true }));

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
  mkdirSync(dir);
  for (const name of names) writeFileSync(join(dir, name), "");
}

describe("a control group", () => {
  it("limits memory and tasks by v2 and joins by the prefix", () => {
    const dir = join(place, "build-1");
    controllers(dir, "memory.max", "memory.swap.max", "pids.max", "cpu.weight", "cgroup.procs");
    writeFileSync(join(dir, "memory.peak"), "4711\n");

    const cgroup = createCgroup({ v2: place }, "build-1", LIMITS);
    const output = execFileSync(cgroup.prefix[0] ?? "", [...cgroup.prefix.slice(1), "echo", "a b", "$HOME"]);

    expect(cgroup.report).toEqual({ memory: "cgroup2", tasks: "cgroup2" });
    expect(readFileSync(join(dir, "memory.max"), "utf8")).toBe("1000000");
    expect(readFileSync(join(dir, "pids.max"), "utf8")).toBe("77");
    expect(output.toString()).toBe("a b $HOME\n");
    expect(Number(readFileSync(join(dir, "cgroup.procs"), "utf8"))).toBeGreaterThan(1);
    expect(cgroup.peakBytes()).toBe(4711);
  });

  it("limits by v1 what has a place", () => {
    const dir = join(place, "build-1");
    controllers(dir, "memory.limit_in_bytes", "cgroup.procs");

    const cgroup = createCgroup({ memory: place }, "build-1", LIMITS);

    expect(cgroup.report).toEqual({ memory: "cgroup1", tasks: "rlimit" });
    expect(readFileSync(join(dir, "memory.limit_in_bytes"), "utf8")).toBe("1000000");
    expect(cgroup.outOfMemory()).toBe(false);
  });

  it("kills by v1 what is in it, which can become no more", async () => {
    const name = groupName("/w/1", "piuparts");
    const dir = join(place, name);
    controllers(dir, "pids.max", "cgroup.procs");
    const process = spawn("sleep", ["600"], { stdio: "ignore" });
    const ended = once(process, "exit");
    writeFileSync(join(dir, "cgroup.procs"), `${process.pid}\n`);

    killGroupsOf("/w/1", { pids: place });

    expect(await ended).toEqual([null, "SIGKILL"]);
    expect(readFileSync(join(dir, "pids.max"), "utf8")).toBe("0");
  });

  it("says so when there is no place at all", () => {
    const cgroup = createCgroup({ v2: join(place, "none") }, "build-1", LIMITS);

    expect(cgroup.report).toEqual({ memory: "none", tasks: "rlimit" });
    expect(cgroup.prefix).toEqual([]);
  });
});

describe.each([
  ["v2", "memory.events"],
  ["memory", "memory.oom_control"],
])("a control group (%s)", (kind, file) => {
  function leave(oomKills: number): void {
    const dir = join(place, "build-1");
    if (!existsSync(dir)) mkdirSync(dir);
    writeFileSync(join(dir, "cgroup.procs"), "");
    writeFileSync(join(dir, file), `low 0\noom_kill ${oomKills}\n`);
  }

  it("that an earlier attempt left counts from now", () => {
    leave(3);

    const group = createCgroup({ [kind]: place }, "build-1", LIMITS);

    expect(group.outOfMemory()).toBe(false);
    leave(4);
    expect(group.outOfMemory()).toBe(true);
  });
});
