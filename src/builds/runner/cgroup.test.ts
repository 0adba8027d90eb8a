import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCgroup } from "./cgroup.ts";

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
  tasks: 10,
  memoryBytes: 1,
};

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
