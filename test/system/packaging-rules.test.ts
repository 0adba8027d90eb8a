import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EventView } from "#events";
import {
  type AptJudge,
  createAptJudge,
  createPackages,
  type Instance,
  okCli,
  type Packages,
  readJson,
  SANDBOX,
  sendByHttp,
  startInstance,
  unpublished,
  waitForEnd,
} from "#testing";
import { KINDS, type KindsUpload, makeKinds, UPSTREAM } from "./packaging-rules-scene.ts";

// What a distribution is set to, and what kinds of packages there are, seen in real builds.
let instance: Instance;
let packages: Packages;
let apt: AptJudge;
let distribution: string;
let first: KindsUpload;
let installed: EventView;

/** An architecture that this machine's archive may have or not: nothing is built for it. */
const OTHER = "i386";

beforeAll(async () => {
  instance = await startInstance();
  packages = await createPackages(instance);
  apt = await createAptJudge();
  distribution = packages.distribution();
  await set(`architectures=${instance.arch}:all ${OTHER}:optional`, "deb_build_options=nocheck");
  first = await makeKinds(await packages.dir(), { version: versionOf(1), distribution, style: "-sa" });
  await sendByHttp(instance.httpPort, first.files, "kinds-with-upstream-1");
  const built = await instance.waitForEvent({ ...nameOf(first), type: "BUILT" });
  // Nobody builds it here; without its end the packaging would wait for hours.
  await instance.api("cancel", { bkey: `${built.bkey?.replace(/ .*/, "")} ${OTHER}` });
  installed = await instance.waitForEvent({ ...nameOf(first), type: ["INSTALLED", "FAILED"] });
});

async function set(...values: string[]): Promise<string> {
  const name = `${instance.codename}-${SANDBOX}`;
  return (await okCli(instance.cli(["admin", "set", "distribution", name, ...values]))).stdout;
}

function nameOf({ source, version }: KindsUpload) {
  return { source, version };
}

afterAll(async () => {
  await apt?.close();
  await packages?.close();
  await instance?.close();
});

function versionOf(revision: number): string {
  return packages.version(`1:${UPSTREAM}-${revision}`);
}

async function updateApt(): Promise<void> {
  const text = await instance.api("sources_list", {
    codenames: instance.codename,
    repositories: SANDBOX,
    suites: "unstable",
  });
  const own = String(text).replace(/^URIs: http:\/\/[^/]+/m, `URIs: ${instance.url}`);
  await apt.setSources(own.replace(/^Types: deb$/m, "Types: deb deb-src"));
  expect(await apt.update()).toMatchObject({ exitCode: 0, complaints: [] });
}

describe("a package of many kinds", () => {
  test("is installed although its optional architecture was not built", () => {
    expect(installed.type).toBe("INSTALLED");
    const builds = installed.data.builds as { arch: string; state: string; optional: boolean }[];

    expect(builds.map(({ arch, state, optional }) => ({ arch, state, optional }))).toEqual([
      { arch: instance.arch, state: "BUILT", optional: false },
      { arch: OTHER, state: "CANCELLED", optional: true },
    ]);
  });

  test("has deb, udeb and debug symbols in the indices, under names without the epoch", async () => {
    await updateApt();
    const shown = await apt.run("apt-cache", ["show", KINDS, `${KINDS}-dbgsym`]);
    const udebs = await fetch(
      `${instance.url}/repositories/${SANDBOX}/dists/${distribution}/main/debian-installer/binary-${instance.arch}/Packages.xz`,
    );

    expect(shown.stdout.match(/^Version: .*$/gm)).toEqual([
      `Version: ${first.version}`,
      `Version: ${first.version}`,
    ]);
    expect(shown.stdout).toContain("Auto-Built-Package: debug-symbols\n");
    expect(shown.stdout).toContain(`/${KINDS}_${first.version.slice(2)}_${instance.arch}.deb\n`);
    expect(udebs.status).toBe(200);
  });

  test("can be fetched as source, with both upstream tarballs", async () => {
    const fetched = await apt.run("apt-get", ["-q", "source", "--print-uris", KINDS]);

    expect(fetched.stdout).toContain(`${KINDS}_${UPSTREAM}.orig.tar.xz `);
    expect(fetched.stdout).toContain(`${KINDS}_${UPSTREAM}.orig-docs.tar.xz `);
  });

  test("keeps its buildinfo, which its page leads to", async () => {
    const page = await instance.page(`/packages/${KINDS}`);
    const href = /href="(\/builds\/\d+\/files\/[^"]+\.buildinfo)"/.exec(page.text)?.[1] ?? "";
    const answer = await fetch(`${instance.url}${href.replaceAll("&amp;", "&")}`);

    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain(`\nSource: ${KINDS}\n`);
  });
});

test("a package for all architectures is built on the one that is for all, and skipped on others", async () => {
  const made = await packages.make({ name: "mbd-all-only" });

  await sendByHttp(instance.httpPort, made.files, "all-only");
  const event = await waitForEnd(instance, made, "INSTALLED");

  expect(event.data.builds).toMatchObject([
    { arch: instance.arch, build_all: true, state: "BUILT" },
    { arch: OTHER, build_all: false, state: "SKIPPED" },
  ]);
});

describe("a package of many kinds, again", () => {
  test("comes again without its upstream tarballs, which the pool has", async () => {
    const dir = await packages.dir();
    await set(`architectures=${instance.arch}`);
    const second = await makeKinds(dir, { version: versionOf(2), distribution, style: "-sd" });
    expect(second.files.filter((file) => file.includes(".orig"))).toEqual([]);

    await sendByHttp(instance.httpPort, second.files, "kinds-without-upstream");
    const event = await waitForEnd(instance, second, "INSTALLED");

    expect(event.data).toMatchObject({ replaced: first.version });
    await updateApt();
    const fetched = await apt.run("apt-get", ["-q", "source", "--print-uris", KINDS]);
    expect(fetched.stdout).toContain(`${KINDS}_${UPSTREAM}.orig-docs.tar.xz `);
  });
});

describe("the administrator's command", () => {
  const name = () => `${instance.codename}-${SANDBOX}`;

  test("shows what builds were made with, and says what it changes", async () => {
    const said = await set("lintian_mode=WARNFAIL");
    const shown = readJson(await instance.cli(["admin", "show", "distribution", name(), "--json"]));

    expect(said).toBe("lintian_mode: ERRFAIL → WARNFAIL\n");
    expect((shown as { settings: unknown[] }).settings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: "architectures", value: `${instance.arch}:all` }),
        expect.objectContaining({ name: "deb_build_options", value: "nocheck" }),
        expect.objectContaining({ name: "lintian_mode", value: "WARNFAIL" }),
      ]),
    );
  });

  test("refuses in one sentence", async () => {
    const refused = await instance.cli(["admin", "set", "distribution", name(), "architectures=sparc:all"]);

    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(
      /^Error: Argument 'architectures': Debian \S+ has no sparc; it has [^\n]+\.\n$/,
    );
  });

  test("changes the same without a daemon, and clients see it before it ends", async () => {
    await instance.daemon.stop();
    try {
      await okCli(instance.cli(["admin", "set", "suite", "default/hotfix", "rollback=5"]));
      expect(unpublished(instance)).toBe(0);
    } finally {
      await instance.daemon.start();
    }

    const rollback = `${instance.url}/repositories/${SANDBOX}/dists/${name()}-hotfix-rollback4/InRelease`;
    expect((await fetch(rollback)).status).toBe(200);
  });

  test("makes a layout that a repository can have", async () => {
    const printed = await okCli(instance.cli(["admin", "layout", "show", "default"]));
    const file = `${await packages.dir()}/layout`;
    await writeFile(file, printed.stdout.replace("Layout: Default", "Layout: team"));

    await okCli(instance.cli(["admin", "layout", "add", file]));
    const setup = ["setup", "--yes", "--json", "--repositories", "team/team"];
    const distributions = ["--distributions", `${instance.codename}:${instance.arch}`];
    const report = readJson(await instance.cli(["api", "local", ...setup, ...distributions]));

    expect((report as { instances: unknown[] }).instances).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: "repository", name: "team", status: "ACTIVE" }),
      ]),
    );
    const listed = await okCli(instance.cli(["admin", "layout", "list"]));
    expect(listed.stdout).toMatch(/^team\texperimental snapshot unstable .*\tteam$/m);
  });
});
