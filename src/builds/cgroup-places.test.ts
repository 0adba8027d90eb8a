import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findCgroupPlaces } from "./cgroup-places.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "mbd-cgroup-"));
});
afterEach(() => rmSync(root, { recursive: true }));

describe("findCgroupPlaces", () => {
  it("takes the delegated unit around the subgroup of the daemon", () => {
    mkdirSync(join(root, "system.slice/mini-buildd.service/daemon"), { recursive: true });
    const unit = join(root, "system.slice/mini-buildd.service");
    writeFileSync(join(unit, "cgroup.subtree_control"), "cpu memory pids\n");
    writeFileSync(join(root, "own"), "0::/system.slice/mini-buildd.service/daemon\n");

    expect(findCgroupPlaces(root, join(root, "own"))).toEqual({ v2: unit });
  });

  it("takes v1 directories made for us, or nothing", () => {
    writeFileSync(join(root, "own"), "4:memory:/x\n0::/\n");
    expect(findCgroupPlaces(root, join(root, "own"))).toEqual({});

    mkdirSync(join(root, "memory/mini-buildd"), { recursive: true });
    expect(findCgroupPlaces(root, join(root, "own"))).toEqual({ memory: join(root, "memory/mini-buildd") });
  });
});
