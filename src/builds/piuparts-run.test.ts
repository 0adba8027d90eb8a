import { describe, expect, it } from "vitest";
import type { QaResult } from "./build-result.ts";
import {
  changesPackages,
  createPiupartsReader,
  NO_WALL,
  type PiupartsRun,
  piupartsResult,
} from "./piuparts-run.ts";

function read(...log: readonly string[]): PiupartsRun {
  const reader = createPiupartsReader();
  for (const [index, text] of log.entries()) reader.push(text, index + 1);
  return reader.read();
}

const end = (exit: number) => `MBD-PIUPARTS end exit=${exit}`;
const PURGE =
  "0m9.1s ERROR: Command failed (status=1): ['chroot', '/w/piu/work/x', 'dpkg', '--purge', '--pending']";
const INSTALL = "0m9.1s ERROR: Command failed (status=100): ['chroot', '/w/x', 'apt-get', '-yf', 'install']";
const UPDATE = "0m2.1s ERROR: Command failed (status=100): ['chroot', '/w/x', 'apt-get', 'update']";
const LEFT = "0m9.5s ERROR: FAIL: Package purging left files on system:";
const WARNED = "0m9.5s ERROR: WARN: Processes are running inside chroot:";

describe("piupartsResult, builds.md 8.3", () => {
  it.each<[string, readonly string[], QaResult]>([
    ["all well", ["0m1.0s INFO: PASS: All tests.", end(0)], "PASS"],
    ["warnings", [WARNED, "  one", "0m9.9s INFO: PASS: All tests.", end(0)], "WARN"],
    ["left files", [LEFT, "  /etc/greet\t not owned", "0m9.9s ERROR: piuparts run ends.", end(1)], "FAIL"],
    ["a package that cannot be purged", [PURGE, "  dpkg: error processing package", end(1)], "FAIL"],
    ["a package that cannot be installed", [INSTALL, "  greet : Depends: nothing", end(1)], "FAIL"],
    ["no download", [INSTALL, "  E: Failed to fetch http://x  Temporary failure", end(1)], "ERROR"],
    [
      "no download of some packages",
      [INSTALL, "  Get:1 http://x a 1 [1 kB]", "  Err:2 http://x b 1", "    503  Busy", end(1)],
      "ERROR",
    ],
    [
      "a package that prints what apt would",
      [INSTALL, "  Setting up greet (1) ...", "  E: Failed to fetch http://x", "  Err:1 http://x", end(1)],
      "FAIL",
    ],
    [
      "a package that says before that it cannot be removed",
      [PURGE, "  Purging configuration files for greet (1) ...", "  E: Failed to fetch http://x", end(1)],
      "FAIL",
    ],
    [
      "words of a download within other lines",
      [INSTALL, "  greet : Depends: nothing (Failed to fetch)", "  Temporary failure", end(1)],
      "FAIL",
    ],
    ["apt-get update", [UPDATE, "  E: The repository is not signed", end(1)], "ERROR"],
    ["a usage error", ["piuparts: error: no such option", end(2)], "ERROR"],
    ["no wall", [NO_WALL], "ERROR"],
    ["no end", [LEFT, "  /etc/greet"], "ERROR"],
    ["nothing at all", [], "ERROR"],
  ])("%s: %3$s", (_what, log, result) => {
    expect(piupartsResult(read(...log))).toBe(result);
  });

  it("does not take what packages print for its own words", () => {
    const log = ["0m5.0s DEBUG: Command ok: ['chroot', '/w/x', 'dpkg']", "  FAIL: forged", `  ${LEFT}x`];

    expect(read(...log, "0m9.0s INFO: PASS", end(0)).counts).toEqual({ fail: 0, warn: 0 });
  });
});

describe("createPiupartsReader", () => {
  it("shows findings with the beginning of their lists", () => {
    const files = Array.from({ length: 30 }, (_, index) => `  /etc/greet/${index}`);

    const { lines } = read("0m1.0s INFO: begin", LEFT, ...files, "0m9.9s DEBUG: more", "  output", end(1));

    expect(lines[0]).toEqual({ line: 2, text: LEFT });
    expect(lines).toHaveLength(11);
  });

  it("says that it did not begin without a wall", () => {
    expect(read(NO_WALL).lines).toEqual([{ line: 1, text: NO_WALL }]);
  });

  it("keeps little of very much", () => {
    const { lines, counts } = read(...Array.from({ length: 5000 }, () => LEFT), end(1));

    expect([lines.length, counts.fail]).toEqual([50, 5000]);
  });
});

describe("changesPackages", () => {
  it.each<[string, boolean]>([
    ["['chroot', '/x', 'apt-get', '-y', 'install', 'greet=1.0']", true],
    ["['chroot', '/x', 'eatmydata', 'apt-get', '-yf', 'dist-upgrade']", true],
    ["['chroot', '/x', 'apt-get', 'remove', 'greet']", true],
    ["['chroot', '/x', 'dpkg', '-i', 'tmp/greet_1.0_all.deb']", true],
    ["['chroot', '/x', 'dpkg', '--remove', '--pending']", true],
    ["['chroot', '/x', 'apt-get', 'update']", false],
    ["['chroot', '/x', 'apt-get', 'clean']", false],
    ["['chroot', '/x', 'dpkg', '--get-selections', '*']", false],
    ["['mount', '-t', 'proc', 'proc', '/x/install']", false],
    ["['cp', '-ax', '/w/install/.', '/x']", false],
  ])("%s: %s", (command, expected) => {
    expect(changesPackages(command)).toBe(expected);
  });
});
