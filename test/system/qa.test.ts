import { chownSync, readdirSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { BuildResult } from "#builds";
import {
  buildsOf,
  classicDput,
  createAptJudge,
  createPackages,
  type End,
  type Instance,
  type Packages,
  readJson,
  type SourcePackage,
  type SourcePackageOptions,
  startInstance,
  waitFor,
  waitForEnd,
} from "#testing";

// Checks after the build, by the real tools, on real packages, as the service user in its namespaces.
let instance: Instance;
let packages: Packages;

beforeAll(async () => {
  instance = await startInstance();
  packages = await createPackages(instance);
});
afterAll(async () => {
  await packages?.close();
  await instance?.close();
});

/** Each check unpacks and fills chroots of its own: on a machine with much else to do that takes its time. */
const LIMIT_MS = 1_500_000;
vi.setConfig({ testTimeout: LIMIT_MS + 60_000, hookTimeout: LIMIT_MS });

/** `debian/tests` of small shell scripts. */
function tests(
  scripts: Readonly<Record<string, string>>,
  restrictions: Readonly<Record<string, string>> = {},
) {
  const control = Object.keys(scripts).map(
    (name) => `Tests: ${name}\nDepends: @\nRestrictions: ${restrictions[name] ?? "allow-stderr"}\n`,
  );
  const files = Object.entries(scripts).map(([name, lines]) => [
    `debian/tests/${name}`,
    `#!/bin/sh\nset -e\n${lines}\n`,
  ]);
  return { "debian/tests/control": control.join("\n"), ...Object.fromEntries(files) } as Record<
    string,
    string
  >;
}

type Made = Partial<SourcePackageOptions> & { readonly name: string };

/** Sends a package in; lintian is left out unless options say else. */
async function send({ options = [], ...made }: Made): Promise<SourcePackage> {
  const source = await packages.make({ ...made, options: ["lintian-mode=DISABLED", ...options] });
  const sent = await classicDput(instance, "http", source.changes);
  expect(sent.exitCode, `${sent.stdout}${sent.stderr}`).toBe(0);
  return source;
}

interface Ended {
  readonly id: number;
  readonly reason: string | null;
  readonly message: string;
  readonly qa: BuildResult["qa"];
  readonly resolver: string;
  readonly log: string;
  /** Of event BUILT. */
  readonly told: Readonly<Record<string, unknown>>;
}

async function ended(source: { source: string; version: string }, end: End): Promise<Ended> {
  const event = await waitForEnd(instance, source, end, LIMIT_MS);
  const [build] = await buildsOf(instance, event.packaging);
  if (build === undefined) throw new Error(`no build of ${source.source}`);
  const [row] = instance.rows("SELECT result, message FROM build WHERE id = ?", build.id);
  const { qa, resolver } = JSON.parse(String(row?.result)) as BuildResult;
  const built = (await instance.events()).find(
    ({ type, packaging }) => type === "BUILT" && packaging === event.packaging,
  );
  const { id, reason, log } = build;
  return { id, reason, log, message: String(row?.message), qa, resolver, told: built?.data ?? {} };
}

async function checkLog(id: number, tool: string): Promise<string> {
  const { status, text } = await instance.page(`/builds/${id}/log?tool=${tool}`);
  expect(status).toBe(200);
  return text;
}

const PASS = { smoke: "ls /usr/lib/mbd-adt-*" };

const AUTOPKGTEST = [
  { name: "passes", scripts: PASS, mode: "WARNFAIL", end: "INSTALLED", result: "PASS" },
  {
    name: "fails",
    scripts: { units: "echo deep trouble; exit 3" },
    mode: "ERRFAIL",
    end: "FAILED",
    result: "FAIL",
  },
  { name: "fails-ignored", scripts: { units: "exit 3" }, mode: "IGNORE", end: "INSTALLED", result: "FAIL" },
  {
    name: "skips-strict",
    scripts: { ...PASS, later: "exit 77" },
    mode: "WARNFAIL",
    end: "FAILED",
    result: "WARN",
  },
  { name: "none", scripts: undefined, mode: "WARNFAIL", end: "INSTALLED", result: "NOTESTS" },
  { name: "off", scripts: { units: "exit 3" }, mode: "DISABLED", end: "INSTALLED", result: "SKIPPED" },
] as const;

describe("autopkgtest", () => {
  const sourceOf = (name: string) => `mbd-adt-${name}`;

  beforeAll(async () => {
    for (const { name, scripts, mode } of AUTOPKGTEST) {
      const restrictions = { later: "skippable, allow-stderr" };
      const tree = scripts === undefined ? {} : tests(scripts, restrictions);
      await send({ name: sourceOf(name), options: [`autopkgtest-mode=${mode}`], tree });
    }
  });

  test.each(AUTOPKGTEST)("$name, mode $mode: $result, $end", async ({ name, mode, end, result }) => {
    const build = await ended({ source: sourceOf(name), version: packages.version("1.0") }, end);

    expect(build.qa.autopkgtest).toMatchObject({ mode, result });
    expect(build.reason).toBe(end === "FAILED" ? "qa" : null);
    expect(build.told.qa).toMatchObject({ autopkgtest: result, piuparts: "SKIPPED" });
    expect(build.log.includes("autopkgtest begins")).toBe(mode !== "DISABLED");
  });

  test("what failed is said by the build, its page, its event and its own log", async () => {
    const build = await ended({ source: sourceOf("fails"), version: packages.version("1.0") }, "FAILED");

    const words = "FAIL non-zero exit status 3";
    expect(build.message).toContain(`autopkgtest objects (FAIL): units ${words}`);
    expect(build.qa.autopkgtest).toMatchObject({ exit: 4, counts: { fail: 1 } });
    expect(build.told.qaLines).toMatchObject({ autopkgtest: [expect.stringContaining(words)] });
    const log = await checkLog(build.id, "autopkgtest");
    expect(log).toContain("deep trouble");
    const [line] = build.qa.autopkgtest.lines;
    expect(log.split("\n")[(line?.line ?? 0) - 1]).toBe(line?.text);
    const { text: page } = await instance.page(`/builds/${build.id}`);
    expect(page).toContain(words);
    expect(page).toContain(`/builds/${build.id}/log?tool=autopkgtest`);
  });

  test("in an experimental suite every result is good", async () => {
    const [version, distribution] = [
      packages.version("1.0", "test", 0),
      packages.distribution("test", "experimental"),
    ];
    const options = ["autopkgtest-mode=ERRFAIL", "piuparts-mode=ERRFAIL"];
    const tree = tests({ units: "exit 3" });
    const source = await send({ name: "mbd-adt-experimental", version, distribution, options, tree });

    const build = await ended(source, "INSTALLED");

    expect(build.qa).toMatchObject({ autopkgtest: { result: "FAIL" }, piuparts: { result: "PASS" } });
  });
});

describe("tests that mean harm", () => {
  test("get neither out of their test bed nor at files of the instance", async () => {
    const { home } = instance;
    const { uid, gid } = statSync(home);
    const secret = join(home, "secret-of-test");
    writeFileSync(secret, "this-is-secret\n", { mode: 0o600 });
    chownSync(secret, uid, gid);
    const leave = 'mkdir "/x"; chroot "/x"; chdir ".." for 1..60; chroot "."';
    const names = "secret-of-test mini-buildd.sqlite gnupg store builds";
    const look = `print "sees-$_\\n" for grep { -e "${home}/$_" } qw(${names}); print "outside\\n" if -e "${home}"`;
    const scripts = {
      leave: `perl -e '${leave}; ${look}; print "the end\\n"'`,
      links: `echo trouble >&2; for file in $(find /tmp/autopkgtest.* -name '*std*'); do ln -sf ${secret} "$file"; done`,
    };
    const tree = tests(scripts, { leave: "needs-root", links: "needs-root" });
    const source = await send({ name: "mbd-adt-harm", options: ["autopkgtest-mode=IGNORE"], tree });

    const build = await ended(source, "INSTALLED");

    const log = await checkLog(build.id, "autopkgtest");
    // It does get out of the chroot: to what there is around it, the way to its own test bed and nothing else.
    expect(log).toMatch(/^the end$/m);
    expect(log).toMatch(/^outside$/m);
    expect(log).not.toMatch(/^sees-/m);
    expect(log).not.toContain("this-is-secret");
  });
});

const PIUPARTS = [
  { name: "passes", scripts: {}, mode: "WARNFAIL", end: "INSTALLED", result: "PASS" },
  {
    name: "breaks",
    scripts: { postrm: '[ "$1" != purge ] || exit 1' },
    mode: "ERRFAIL",
    end: "FAILED",
    result: "FAIL",
  },
  {
    name: "leaves",
    scripts: { postinst: "mkdir -p /etc/mbd-leaves; echo x >/etc/mbd-leaves/file" },
    mode: "ERRFAIL",
    end: "FAILED",
    result: "FAIL",
  },
  {
    name: "leaves-ignored",
    scripts: { postinst: "echo x >/etc/mbd-ignored" },
    mode: "IGNORE",
    end: "INSTALLED",
    result: "FAIL",
  },
] as const;

describe("piuparts", () => {
  const sourceOf = (name: string) => `mbd-piu-${name}`;

  beforeAll(async () => {
    for (const { name, scripts, mode } of PIUPARTS) {
      await send({ name: sourceOf(name), options: [`piuparts-mode=${mode}`], scripts });
    }
  });

  test.each(PIUPARTS)("$name, mode $mode: $result, $end", async ({ name, mode, end, result }) => {
    const build = await ended({ source: sourceOf(name), version: packages.version("1.0") }, end);

    const log = await checkLog(build.id, "piuparts");
    expect(build.qa.piuparts, log.slice(-3000)).toMatchObject({ mode, result });
    expect(build.reason).toBe(end === "FAILED" ? "qa" : null);
    expect(log).toContain("MBD-PIUPARTS end exit=");
    expect(build.told.qa).toMatchObject({ piuparts: result });
  });

  test("what was left behind is named", async () => {
    const build = await ended({ source: sourceOf("leaves"), version: packages.version("1.0") }, "FAILED");

    const lines = build.qa.piuparts.lines.map(({ text }) => text).join("\n");
    expect(lines).toContain("/etc/mbd-leaves");
    expect((await instance.page(`/builds/${build.id}`)).text).toContain("/etc/mbd-leaves");
  });
});

describe("a package of the Debian archive", () => {
  test("passes all checks on its whole way", async () => {
    const apt = await createAptJudge();
    try {
      await apt.setSources(`Types: deb-src
URIs: ${instance.archive}
Suites: ${instance.codename}
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`);
      expect(await apt.update()).toMatchObject({ exitCode: 0 });
      const uris = (await apt.run("apt-get", ["-q", "source", "--print-uris", "--only-source", "hello"]))
        .stdout;
      const dsc = /^'([^']+\.dsc)'/m.exec(uris)?.[1] ?? "";
      const options = "lintian-mode=IGNORE|autopkgtest-mode=ERRFAIL|piuparts-mode=ERRFAIL";
      const call = ["port_ext", dsc, packages.distribution(), "--options", options, "--yes", "--json"];
      const answers = readJson(await instance.cli(["api", "local", ...call])) as { version?: string }[];

      const build = await ended({ source: "hello", version: answers[0]?.version ?? "" }, "INSTALLED");

      expect(build.qa).toMatchObject({ autopkgtest: { result: "PASS" }, piuparts: { result: "PASS" } });
      expect(["PASS", "WARN", "FAIL"]).toContain(build.qa.lintian.result);
    } finally {
      await apt.close();
    }
  });
});

describe("a check that is interrupted", () => {
  /** Sends a package whose test waits, and waits for that. */
  async function sendWaiting(name: string) {
    const tree = tests({ waits: "echo now-waiting; until [ -e /tmp/mbd-go ]; do sleep 0.1; done" });
    const source = await send({ name, options: ["autopkgtest-mode=ERRFAIL"], tree });
    const { packaging } = await instance.waitForEvent({ source: name, type: "BUILDING" }, LIMIT_MS);
    const [build] = await buildsOf(instance, packaging);
    const id = build?.id ?? 0;
    const logged = async () => (await instance.page(`/builds/${id}/log?tool=autopkgtest`)).text;
    await waitFor(async () => ((await logged()).includes("now-waiting") ? true : undefined), {
      timeoutMs: LIMIT_MS,
      what: "the test waits",
    });
    return { source, id, workDir: join(instance.home, "work", String(id)) };
  }

  const runnerOf = (id: number) => {
    const [row] = instance.rows("SELECT runner FROM build WHERE id = ?", id);
    return JSON.parse(String(row?.runner)) as { pid: number };
  };

  test("goes on while the daemon is restarted", async () => {
    const { source, id, workDir } = await sendWaiting("mbd-adt-restart");
    const { pid } = runnerOf(id);

    await instance.restart();
    for (const bed of readdirSync(join(workDir, "root"))) {
      writeFileSync(join(workDir, "root", bed, "tmp/mbd-go"), "");
    }
    const build = await ended(source, "INSTALLED");

    expect(build.qa.autopkgtest.result).toBe("PASS");
    expect(instance.rows("SELECT attempt FROM build WHERE id = ?", id)).toEqual([{ attempt: 1 }]);
    expect(pid).toBeGreaterThan(0);
  });

  test("is cleaned up after when its runner is killed, and the build is made again", async () => {
    const { id, workDir } = await sendWaiting("mbd-adt-killed");

    process.kill(runnerOf(id).pid, "SIGKILL");
    await waitFor(
      () => {
        const [row] = instance.rows("SELECT state FROM build WHERE id = ?", id);
        return row?.state === "QUEUED" ? true : undefined;
      },
      { timeoutMs: LIMIT_MS, what: "the build is queued again" },
    );

    await waitFor(() => (readdirSync(join(instance.home, "work")).includes(String(id)) ? undefined : true), {
      timeoutMs: 60_000,
      what: "the work directory is gone",
    });
    expect(processesBelow(workDir)).toEqual([]);
    const [row] = instance.rows("SELECT bkey FROM build WHERE id = ?", id);
    await instance.api("cancel", { bkey: String(row?.bkey) });
  });

  test("ends when the build is cancelled", async () => {
    const { source, id, workDir } = await sendWaiting("mbd-adt-cancelled");
    const [row] = instance.rows("SELECT bkey FROM build WHERE id = ?", id);

    await instance.api("cancel", { bkey: String(row?.bkey).replace(/ \S+$/, "") });
    await waitForEnd(instance, source, "CANCELLED", LIMIT_MS);
    await waitFor(() => (readdirSync(join(instance.home, "work")).includes(String(id)) ? undefined : true), {
      timeoutMs: 120_000,
      what: "the work directory is gone",
    });

    expect(processesBelow(workDir)).toEqual([]);
  });
});

/** Ids of processes that live in a chroot below a directory. */
function processesBelow(dir: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^[0-9]+$/.test(pid)) return false;
    try {
      return readlinkSync(`/proc/${pid}/root`).startsWith(`${dir}/`);
    } catch {
      return false;
    }
  });
}

describe("upload options", () => {
  test("reach the build: those of the architecture before those of all", async () => {
    const { arch } = instance;
    const build = ['echo "got: $$DEB_BUILD_OPTIONS; $$DEB_BUILD_PROFILES"', "command -v ed"];
    const options = [
      ...["internal-apt-priority=7", `internal-apt-priority[${arch}]=77`],
      ...["deb-build-options=nodoc", `deb-build-options[${arch}]=nocheck parallel=3`],
      ...["deb-build-profiles=nodoc", `deb-build-profiles[${arch}]=nocheck`],
      ...["add-depends=mbd-no-such-package", `add-depends[${arch}]=ed | mbd-none`],
    ];
    const source = await send({ name: "mbd-options", options, build });

    const { log } = await ended(source, "INSTALLED");

    expect(log).toMatch(/^got: nocheck parallel=3; nocheck$/m);
    expect(log).toMatch(/^ +77 http:\/\/127\.0\.0\.1:/m);
  });
});

describe("a build dependency that only the own suite has new enough", () => {
  test("is found by a second try with aptitude, in the same attempt", async () => {
    const newer = await send({ name: "ed", version: packages.version("99") });
    await ended(newer, "INSTALLED");
    const source = await send({ name: "mbd-needs-ed", buildDepends: "ed (>= 99~)" });

    const build = await ended(source, "INSTALLED");

    expect(build.resolver).toBe("aptitude");
    expect(build.log).toContain("resolver apt\n");
    expect(instance.rows("SELECT attempt FROM build WHERE id = ?", build.id)).toEqual([{ attempt: 1 }]);
  });
});
