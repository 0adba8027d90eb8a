import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { useDelegatedGroup } from "./cgroup-delegation.ts";
import { findCgroupPlaces } from "./cgroup-places.ts";

let root: string;
let unit: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "mbd-cgroup-"));
  unit = join(root, "system.slice/mini-buildd.service");
  makeGroup(unit, "4\n5\n");
  writeFileSync(join(unit, "cgroup.controllers"), "cpu memory pids\n");
  ownIs("/system.slice/mini-buildd.service");
});
afterEach(() => rmSync(root, { recursive: true }));

const own = () => join(root, "own");
const ownIs = (group: string) => writeFileSync(own(), `0::${group}\n`);
const read = (...path: string[]) => readFileSync(join(unit, ...path), "utf8");

function makeGroup(dir: string, processes = ""): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "cgroup.procs"), processes);
  writeFileSync(join(dir, "cgroup.subtree_control"), "");
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** As the kernel does: a process is in one group only, and a group with processes gets no controllers for others. */
function write(path: string, text: string): void {
  const dir = dirname(path);
  if (path.endsWith("cgroup.subtree_control")) {
    if (readFileSync(join(dir, "cgroup.procs"), "utf8") !== "") throw failure("EBUSY");
    writeFileSync(path, text.replaceAll("+", ""));
    return;
  }
  const processes = readFileSync(join(unit, "cgroup.procs"), "utf8").split("\n");
  writeFileSync(join(unit, "cgroup.procs"), processes.filter((pid) => pid !== text && pid !== "").join("\n"));
  if (text === "5") throw failure("ESRCH");
  appendFileSync(path, `${text}\n`);
}

const use = (change: Parameters<typeof useDelegatedGroup>[0] = {}) =>
  useDelegatedGroup({ root, ownGroups: own(), isMainProcess: true, write, ...change });

describe("the group of a unit", () => {
  it("is emptied into the subgroup of the daemon, and becomes the place of builds", () => {
    expect(findCgroupPlaces(root, own())).toEqual({});

    expect(use()).toBeUndefined();

    expect(read("daemon/cgroup.procs")).toBe("4\n");
    expect(read("cgroup.subtree_control")).toBe("memory pids");
    ownIs("/system.slice/mini-buildd.service/daemon");
    expect(findCgroupPlaces(root, own())).toEqual({ v2: unit });
  });

  it("is used as well where the daemon was started in the subgroup, and builds of before go on", () => {
    makeGroup(join(unit, "daemon"), "7\n");
    makeGroup(join(unit, "build-1-sbuild"), "9\n");
    ownIs("/system.slice/mini-buildd.service/daemon");

    expect(use()).toBeUndefined();

    expect(read("daemon/cgroup.procs")).toBe("7\n4\n");
    expect(read("build-1-sbuild/cgroup.procs")).toBe("9\n");
    expect(findCgroupPlaces(root, own())).toEqual({ v2: unit });
  });

  it("is left alone without the controllers, and one that resists says why", () => {
    writeFileSync(join(unit, "cgroup.controllers"), "cpu pids\n");
    expect(use()).toBe("the group of the unit has no controller memory");

    writeFileSync(join(unit, "cgroup.controllers"), "memory pids\n");
    const stubborn = (path: string, text: string) => {
      if (path.endsWith("subtree_control")) write(path, text);
    };
    expect(use({ write: stubborn })).toContain("EBUSY");
  });

  it.each([
    ["the root group", "/", {}],
    ["that of a login", "/user.slice/session-3.scope", {}],
    [
      "that of a unit of which this is not the main process",
      "/system.slice/mini-buildd.service",
      { isMainProcess: false },
    ],
  ])("is not %s", (_what, group, change) => {
    ownIs(group);
    makeGroup(join(root, group), "4\n5\n");

    expect(use(change)).toBeUndefined();

    expect(existsSync(join(root, group, "daemon"))).toBe(false);
  });
});

/** Where version 2 is mounted and this user may make groups. */
const MOUNTED = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].find((dir) => canMake(dir));

function canMake(dir: string): boolean {
  try {
    const group = join(dir, `mini-buildd-probe-${randomUUID()}`);
    mkdirSync(group);
    const isVersionTwo = existsSync(join(group, "cgroup.subtree_control"));
    rmdirSync(group);
    return isVersionTwo;
  } catch (error) {
    if (error instanceof Error && "code" in error) return false;
    throw error;
  }
}

describe.skipIf(MOUNTED === undefined)("with the machine's kernel", () => {
  it("all processes of the unit move, and its controllers are on for others", async () => {
    const mounted = MOUNTED ?? "";
    const name = `mini-buildd-${randomUUID()}.service`;
    const group = join(mounted, name);
    const offered = readFileSync(join(mounted, "cgroup.subtree_control"), "latin1").trim().split(" ");
    const controllers = offered.filter((word) => word !== "").slice(0, 1);
    mkdirSync(group);
    const processes = [1, 2].map(() => spawn("sleep", ["60"], { stdio: "ignore" }));
    try {
      for (const { pid } of processes) writeFileSync(join(group, "cgroup.procs"), String(pid));
      ownIs(`/${name}`);

      const reason = useDelegatedGroup({
        ...{ root: mounted, ownGroups: own(), isMainProcess: true, controllers },
      });

      expect(reason).toBeUndefined();
      expect(readFileSync(join(group, "cgroup.procs"), "latin1")).toBe("");
      const moved = readFileSync(join(group, "daemon/cgroup.procs"), "latin1").trim().split("\n");
      expect(moved.sort()).toEqual(processes.map(({ pid }) => String(pid)).sort());
      expect(readFileSync(join(group, "cgroup.subtree_control"), "latin1").trim()).toBe(
        controllers.join(" "),
      );
    } finally {
      const ends = processes.map((each) => new Promise((resolve) => each.once("exit", resolve)));
      for (const each of processes) each.kill("SIGKILL");
      await Promise.all(ends);
      rmdirSync(join(group, "daemon"));
      rmdirSync(group);
    }
  });
});
