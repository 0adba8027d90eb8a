import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { BuildDescription } from "./build-description.ts";
import { BUILD_PATH } from "./build-environment.ts";
import { buildOptions, executionOf, lintianCommand, sbuildCommand } from "./sbuild-command.ts";
import { sbuildrc } from "./sbuildrc.ts";
import { exampleDescription } from "./test-support.ts";

const place = {
  workDir: "/srv/mbd/work/31",
  tarball: "/srv/mbd/chroots/bookworm-amd64-1.tar.zst",
  resolver: "apt" as const,
};
/** Of lintian, which a machine for small tests need not have. */
const EXPLAIN = "/usr/bin/lintian-explain-tags";
const OURS = "bad-distribution-in-changes-file";
const withTool = (tool: Partial<BuildDescription["tool"]>): BuildDescription => {
  const description = exampleDescription();
  return { ...description, tool: { ...description.tool, ...tool } };
};

describe("sbuildCommand", () => {
  it("makes the whole call", () => {
    const { argv, env } = sbuildCommand(exampleDescription(), place);

    expect(argv.join("\n")).toBe(`prlimit
--core=0
--fsize=21474836480
--nproc=16384
--
nice
-n
10
sbuild
--chroot-mode=unshare
--chroot=/srv/mbd/chroots/bookworm-amd64-1.tar.zst
--dist=bookworm-test-unstable
--arch=amd64
--build-dir=/srv/mbd/work/31/out
--nolog
--no-source
--arch-any
--no-arch-all
--build-dep-resolver=apt
--bd-uninstallable-explainer=none
--purge=never
--no-apt-update
--no-apt-distupgrade
--no-run-piuparts
--no-run-autopkgtest
--run-lintian
--lintian-opt=ERRFAIL
--lintian-opt=--suppress-tags
--lintian-opt=bad-distribution-in-changes-file
--lintian-opt=--info
--chroot-setup-commands=/run/mini-buildd/setup
/srv/mbd/work/31/src/hello_2.10-3~test12+1.dsc`);
    expect(env).toEqual({
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      LANG: "C.UTF-8",
      LC_ALL: "C.UTF-8",
      HOME: "/srv/mbd/work/31/home",
      SBUILD_CONFIG: "/srv/mbd/work/31/sbuildrc",
      DEB_BUILD_OPTIONS: "parallel=1",
    });
  });

  it("passes options of the upload on", () => {
    const description = {
      ...withTool({
        ...{ addDepends: ["libfoo (>= 1.2) | bar", "baz"], debBuildProfiles: ["nocheck", "pkg.foo.bar"] },
        debBuildOptions: ["nocheck"],
      }),
      buildAny: false,
      buildAll: true,
    };
    const { argv, env } = sbuildCommand(description, { ...place, personality: "i686" });

    expect(env.DEB_BUILD_OPTIONS).toBe("nocheck parallel=1");
    expect(argv).toEqual(
      expect.arrayContaining([
        "--add-depends=libfoo (>= 1.2) | bar",
        "--add-depends=baz",
        "--profiles=nocheck,pkg.foo.bar",
        "--no-arch-any",
        "--arch-all",
      ]),
    );
    expect(argv.slice(argv.indexOf("setarch"), argv.indexOf("sbuild"))).toEqual(["setarch", "i686", "--"]);
  });

  it.each([
    ["unstable", [OURS, "distribution-and-changes-mismatch", "distribution-and-experimental-mismatch"]],
    ["bookworm-test-unstable", [OURS]],
    [undefined, [OURS]],
  ])("has lintian object to no other name in the changelog when the upload said %s", (requested, tags) => {
    const { argv } = sbuildCommand(
      exampleDescription(requested === undefined ? {} : { requestedDistribution: requested }),
      place,
    );

    const at = argv.indexOf("--lintian-opt=--suppress-tags");
    expect(argv[at + 1]).toBe(`--lintian-opt=${tags.join(",")}`);
  });

  it.skipIf(!existsSync(EXPLAIN))(
    "suppresses tags that lintian knows, as it refuses to work with others",
    () => {
      const { argv } = sbuildCommand(exampleDescription({ requestedDistribution: "unstable" }), place);
      const tags = argv[argv.indexOf("--lintian-opt=--suppress-tags") + 1]?.split("=")[1]?.split(",") ?? [];

      const known = execFileSync(EXPLAIN, tags, { encoding: "utf8" });

      expect(tags.filter((tag) => !known.includes(`: ${tag}\n`))).toEqual([]);
    },
  );

  it.each(["IGNORE", "ERRFAIL", "WARNFAIL"] as const)("hands lintian the mode %s", (mode) => {
    const description = exampleDescription();
    const qa = { ...description.qa, lintian: { mode, options: [] } };

    expect(sbuildCommand({ ...description, qa }, place).argv).toContain(`--lintian-opt=${mode}`);
  });

  it("leaves lintian out when it is disabled", () => {
    const description = exampleDescription();
    const { argv } = sbuildCommand(
      { ...description, qa: { ...description.qa, lintian: { mode: "DISABLED", options: [] } } },
      place,
    );

    expect(argv.filter((word) => word.includes("lintian"))).toEqual(["--no-run-lintian"]);
  });

  it("leaves lintian to the system that is there for it", () => {
    const { argv } = sbuildCommand(exampleDescription(), {
      ...place,
      lintianRoot: "/srv/mbd/chroots/x.lintian",
    });

    expect(argv.filter((word) => word.includes("lintian"))).toEqual(["--no-run-lintian"]);
  });

  it.each<[string, Partial<BuildDescription>]>([
    ["distribution", { distribution: "a b" }],
    ["architecture", { arch: "--verbose" }],
    ["file name", { files: [{ name: "../x.dsc", sizeBytes: 1, sha256: "a".repeat(64) }] }],
    ["depends", { tool: withTool({ addDepends: ["foo; rm"] }).tool }],
    ["profile", { tool: withTool({ debBuildProfiles: ["x,y --foo"] }).tool }],
    ["build option", { tool: withTool({ debBuildOptions: ["nocheck;rm"] }).tool }],
    [
      "percent in a lintian option",
      { qa: { ...exampleDescription().qa, lintian: { mode: "ERRFAIL", options: ["%SBUILD_CHROOT_DIR"] } } },
    ],
    [
      "abbreviated fail-on",
      { qa: { ...exampleDescription().qa, lintian: { mode: "ERRFAIL", options: ["--fail=none"] } } },
    ],
  ])("refuses a bad %s", (_what, change) => {
    expect(() => sbuildCommand(exampleDescription(change), place)).toThrow(/not allowed/);
  });

  it.each(["/srv/../etc", "relative", "/srv/it's", "/srv/a b", "/srv/$HOME", "/"])(
    "refuses the path %s",
    (path) => {
      expect(() => sbuildCommand(exampleDescription(), { ...place, workDir: path })).toThrow(/not allowed/);
      expect(() => sbuildrc(path, { stalledMinutes: 150 })).toThrow(/not allowed/);
    },
  );
});

describe("lintianCommand", () => {
  const lintianRoot = "/srv/mbd/chroots/bookworm-amd64-1.lintian";

  it("has the limits of the build, and the wrapper with mode and options as sbuild would call it", () => {
    const command = lintianCommand(exampleDescription(), { ...place, lintianRoot });

    const argv = command?.argv ?? [];
    expect(argv.slice(0, 8).join(" ")).toBe(
      "prlimit --core=0 --fsize=21474836480 --nproc=16384 -- nice -n 10",
    );
    expect(argv).toContain("--net");
    expect(argv.slice(argv.indexOf(lintianRoot))).toEqual([
      lintianRoot,
      place.workDir,
      "/run/overlay/lintian",
      "ERRFAIL",
      "--suppress-tags",
      "bad-distribution-in-changes-file",
      "--info",
    ]);
  });

  it("is none when lintian is disabled, or left to sbuild", () => {
    const description = exampleDescription();
    const disabled = {
      ...description,
      qa: { ...description.qa, lintian: { mode: "DISABLED" as const, options: [] } },
    };

    expect(lintianCommand(disabled, { ...place, lintianRoot })).toBeUndefined();
    expect(lintianCommand(description, place)).toBeUndefined();
  });

  it("refuses options that would change the verdict", () => {
    const { qa } = exampleDescription();
    const bad = exampleDescription({
      qa: { ...qa, lintian: { mode: "ERRFAIL", options: ["--fail-on=none"] } },
    });

    expect(() => lintianCommand(bad, { ...place, lintianRoot })).toThrow(/not allowed/);
  });
});

describe("buildOptions", () => {
  it.each([
    [[], 2, "parallel=2"],
    [["nocheck"], 1, "nocheck parallel=1"],
    [["parallel=8", "nodoc"], 1, "parallel=8 nodoc"],
  ])("%j with %i CPUs", (debBuildOptions, cpus, expected) => {
    const description = withTool({ debBuildOptions });
    const limits = { ...description.limits, cpus };
    expect(buildOptions({ ...description, limits })).toBe(expected);
  });
});

describe("executionOf", () => {
  it.each([
    ["amd64", "amd64", { emulated: false }],
    ["amd64", "i386", { emulated: false, personality: "i686" }],
    ["arm64", "armhf", { emulated: false, personality: "armv7l" }],
    ["amd64", "arm64", { emulated: true }],
    ["i386", "amd64", { emulated: true }],
  ])("on %s for %s", (host, arch, expected) => {
    expect(executionOf(host, arch)).toEqual(expected);
  });
});

describe("sbuildrc", () => {
  it("is Perl that sets what sbuild reads", () => {
    const dir = mkdtempSync(join(tmpdir(), "mbd-rc-"));
    writeFileSync(join(dir, "rc"), sbuildrc("/srv/mbd/work/31", { stalledMinutes: 150 }));
    const program =
      'do "./rc" or die; print join "|", $unshare_tmpdir_template, $unshare_bind_mounts->[0]{directory},' +
      "$unshare_bind_mounts->[0]{mountpoint}, $stalled_pkg_timeout, $lintian, $apt_allow_unauthenticated, $path;";

    const values = execFileSync("perl", ["-e", program], { cwd: dir, encoding: "utf8" });
    rmSync(dir, { recursive: true });

    expect(values.split("|")).toEqual([
      "/srv/mbd/work/31/root/XXXXXXXXXX",
      "/srv/mbd/work/31/overlay",
      "/run/mini-buildd",
      "150",
      "/run/mini-buildd/lintian",
      "0",
      `/srv/mbd/work/31/helpers/sbuild:${BUILD_PATH}`,
    ]);
  });
});
