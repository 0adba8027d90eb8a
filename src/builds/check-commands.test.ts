import { describe, expect, it } from "vitest";
import type { BuildDescription, QaMode } from "./build-description.ts";
import { checksOf } from "./check-commands.ts";
import { exampleDescription } from "./test-support.ts";

const place = {
  workDir: "/srv/mbd/work/31",
  tarball: "/srv/mbd/chroots/bookworm-amd64-1.tar.zst",
  timeFactor: 1,
};

function wanting(autopkgtest: QaMode, piuparts: QaMode): BuildDescription {
  const description = exampleDescription();
  const qa = { ...description.qa, autopkgtest: { mode: autopkgtest }, piuparts: { mode: piuparts } };
  return { ...description, qa };
}

const LIMITS = ["prlimit", "--core=0", "--fsize=21474836480", "--nproc=16384", "--", "nice", "-n", "10"];

describe("checksOf", () => {
  it("makes the whole call of autopkgtest", () => {
    const [check] = checksOf(wanting("ERRFAIL", "DISABLED"), place).steps;

    expect(check).toMatchObject({ tool: "autopkgtest", mode: "ERRFAIL", seconds: 3 * 3600 });
    expect(check?.argv).toEqual([
      ...LIMITS,
      "sh",
      "/srv/mbd/work/31/helpers/autopkgtest/start",
      "/srv/mbd/work/31",
      "/srv/mbd/chroots/bookworm-amd64-1.tar.zst",
      "autopkgtest",
      "--summary-file=/srv/mbd/work/31/autopkgtest.summary",
      "--no-built-binaries",
      "--timeout-test=7800",
      "--timeout-install=3000",
      "--copy=/srv/mbd/work/31/overlay:/run/mini-buildd",
      "--setup-commands=/run/mini-buildd/setup || exit 1",
      "/srv/mbd/work/31/src/hello_2.10-3~test12+1.dsc",
      "{packages}",
      "--",
      "unshare",
      "--arch=amd64",
      "--release=bookworm",
      "--tarball=/srv/mbd/chroots/bookworm-amd64-1.tar.zst",
      "--prefix=/srv/mbd/work/31/root/adt.",
    ]);
    expect(check?.env).toMatchObject({
      HOME: "/srv/mbd/work/31/home",
      TMPDIR: "/srv/mbd/work/31/autopkgtest",
    });
  });

  it("makes the whole call of piuparts", () => {
    const [check] = checksOf(wanting("DISABLED", "WARNFAIL"), { ...place, personality: "i686" }).steps;

    expect(check).toMatchObject({ tool: "piuparts", mode: "WARNFAIL" });
    expect(check?.argv).toEqual([
      ...LIMITS,
      "setarch",
      "i686",
      "--",
      "sh",
      "/srv/mbd/work/31/helpers/piuparts-start",
      "/srv/mbd/work/31",
      "/srv/mbd/chroots/bookworm-amd64-1.tar.zst",
      "amd64",
      "bookworm",
      "{packages}",
    ]);
  });

  it.each<[QaMode, QaMode, string[]]>([
    ["DISABLED", "DISABLED", []],
    ["IGNORE", "DISABLED", ["autopkgtest"]],
    ["ERRFAIL", "IGNORE", ["autopkgtest", "piuparts"]],
  ])("autopkgtest %s, piuparts %s: %j", (autopkgtest, piuparts, tools) => {
    const { steps } = checksOf(wanting(autopkgtest, piuparts), place);

    expect(steps.map(({ tool }) => tool)).toEqual(tools);
  });

  it("gives emulated builds more time", () => {
    const [check] = checksOf(wanting("ERRFAIL", "DISABLED"), { ...place, timeFactor: 4 }).steps;

    expect(check?.seconds).toBe(12 * 3600);
    expect(check?.argv).toContain("--timeout-install=12000");
  });

  it.each([{ workDir: "/srv/it's" }, { tarball: "relative" }])("refuses %j", (change) => {
    expect(() => checksOf(wanting("ERRFAIL", "ERRFAIL"), { ...place, ...change })).toThrow(/not allowed/);
  });
});
