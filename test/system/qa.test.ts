import { chownSync, existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createQaScene, QA_LIMIT_MS, type QaScene, tests } from "./qa-scene.ts";

// What checks after the build find, one of each; all modes and outcomes: test/packages/qa-modes.test.ts.
let qa: QaScene;

beforeAll(async () => {
  qa = await createQaScene();
});
afterAll(() => qa?.close());

vi.setConfig({ testTimeout: QA_LIMIT_MS + 60_000, hookTimeout: QA_LIMIT_MS });

describe("autopkgtest", () => {
  test("passes", async () => {
    const tree = tests({ smoke: "ls /usr/lib/mbd-adt-*" });
    const source = await qa.send({ name: "mbd-adt-passes", options: ["autopkgtest-mode=WARNFAIL"], tree });

    const build = await qa.ended(source, "INSTALLED");

    expect(build.qa.autopkgtest).toMatchObject({ mode: "WARNFAIL", result: "PASS" });
    expect(build.log).toContain("autopkgtest begins");
  });

  test("what failed is said by the build, its page, its event and its own log", async () => {
    const tree = tests({ units: "echo deep trouble; exit 3" });
    const source = await qa.send({ name: "mbd-adt-fails", options: ["autopkgtest-mode=ERRFAIL"], tree });

    const build = await qa.ended(source, "FAILED");

    const words = "FAIL non-zero exit status 3";
    expect(build.reason).toBe("qa");
    expect(build.told.qa).toMatchObject({ autopkgtest: "FAIL", piuparts: "SKIPPED" });
    expect(build.message).toContain(`autopkgtest objects (FAIL): units ${words}`);
    expect(build.qa.autopkgtest).toMatchObject({ exit: 4, counts: { fail: 1 } });
    expect(build.told.qaLines).toMatchObject({ autopkgtest: [expect.stringContaining(words)] });
    const log = await qa.checkLog(build.id, "autopkgtest");
    expect(log).toContain("deep trouble");
    const [line] = build.qa.autopkgtest.lines;
    expect(log.split("\n")[(line?.line ?? 0) - 1]).toBe(line?.text);
    const { text: page } = await qa.instance.page(`/builds/${build.id}`);
    expect(page).toContain(words);
    expect(page).toContain(`/builds/${build.id}/log?tool=autopkgtest`);
  });
});

describe("tests that mean harm", () => {
  test("get neither out of their test bed nor at files of the instance", async () => {
    const { home } = qa.instance;
    const { uid, gid } = statSync(home);
    const secret = join(home, "secret-of-test");
    writeFileSync(secret, "this-is-secret\n", { mode: 0o600 });
    chownSync(secret, uid, gid);
    const leave = 'mkdir "/x"; chroot "/x"; chdir ".." for 1..60; chroot "."';
    const names = "secret-of-test mini-buildd.sqlite gnupg store builds";
    const look = `print "sees-$_\\n" for grep { -e "${home}/$_" } qw(${names}); print "outside\\n" if -e "${home}"`;
    const mountGroups = ["-t cgroup2", "-t cgroup -o memory", "-t cgroup -o pids"]
      .flatMap((what) => [`mount ${what} none /cg`, `unshare --cgroup mount ${what} none /cg`])
      .map((command) => `if ${command}; then echo group-mounted; fi`)
      .join("; ");
    const scripts = {
      leave: `perl -e '${leave}; ${look}; print "the end\\n"'`,
      groups: `find /sys/fs/cgroup -mindepth 1 | sed 's/^/group-/'; mkdir /cg; ${mountGroups}`,
      links: `echo trouble >&2; for file in $(find /tmp/autopkgtest.* -name '*std*'); do ln -sf ${secret} "$file"; done`,
    };
    const tree = tests(scripts, { leave: "needs-root", groups: "needs-root", links: "needs-root" });
    const source = await qa.send({ name: "mbd-adt-harm", options: ["autopkgtest-mode=IGNORE"], tree });

    const build = await qa.ended(source, "INSTALLED");

    const log = await qa.checkLog(build.id, "autopkgtest");
    // It does get out of the chroot: to what there is around it, the way to its own test bed and nothing else.
    expect(log).toMatch(/^the end$/m);
    expect(log).toMatch(/^outside$/m);
    expect(log).not.toMatch(/^sees-/m);
    expect(log).not.toContain("this-is-secret");
    expect(log).toMatch(/^groups +(?:PASS|FAIL)/m);
    expect(log).not.toMatch(/^group-/m);
  });

  test("put no file outside of their test bed by what they leave as results", async () => {
    const { home } = qa.instance;
    const fakeTar = String.raw`printf '#!/bin/sh\nmv /tar /bin/tar; exec cat /s.tar\n' >/bin/tar; chmod +x /bin/tar`;
    const scripts = {
      // What a test leaves as its results is unpacked outside of its bed, that of all into one directory.
      way: `ln -s ${home} "$AUTOPKGTEST_ARTIFACTS/x"`,
      through: `mkdir -p /s/x; cd /s; echo y >x/planted; tar -cf /s.tar ./x/planted; mv /bin/tar /tar; ${fakeTar}`,
    };
    const tree = tests(scripts, { way: "needs-root", through: "needs-root" });
    const source = await qa.send({ name: "mbd-adt-plants", options: ["autopkgtest-mode=IGNORE"], tree });

    const build = await qa.ended(source, "INSTALLED");

    const log = await qa.checkLog(build.id, "autopkgtest");
    expect(existsSync(join(home, "planted"))).toBe(false);
    expect(log).toMatch(/^way +PASS/m);
    expect(log).toMatch(/^through +PASS/m);
    expect(log).toMatch(/planted: .*Read-only file system/);
  });
});

describe("piuparts", () => {
  test("what was left behind is named", async () => {
    const scripts = { postinst: "mkdir -p /etc/mbd-leaves; echo x >/etc/mbd-leaves/file" };
    const source = await qa.send({ name: "mbd-piu-leaves", options: ["piuparts-mode=ERRFAIL"], scripts });

    const build = await qa.ended(source, "FAILED");

    expect(build.qa.piuparts).toMatchObject({ mode: "ERRFAIL", result: "FAIL" });
    expect(build.reason).toBe("qa");

    const lines = build.qa.piuparts.lines.map(({ text }) => text).join("\n");
    expect(lines).toContain("/etc/mbd-leaves");
    expect((await qa.instance.page(`/builds/${build.id}`)).text).toContain("/etc/mbd-leaves");
  });
});

describe("a check", () => {
  test("goes on while the daemon is restarted", async () => {
    const { source, id, workDir } = await qa.sendWaiting("mbd-adt-restart");
    const pid = qa.runnerOf(id);

    await qa.instance.restart();
    for (const bed of readdirSync(join(workDir, "root"))) {
      writeFileSync(join(workDir, "root", bed, "tmp/mbd-go"), "");
    }
    const build = await qa.ended(source, "INSTALLED");

    expect(build.qa.autopkgtest.result).toBe("PASS");
    expect(qa.instance.rows("SELECT attempt FROM build WHERE id = ?", id)).toEqual([{ attempt: 1 }]);
    expect(pid).toBeGreaterThan(0);
  });
});

describe("upload options", () => {
  test("reach the build: those of the architecture before those of all", async () => {
    const { arch } = qa.instance;
    const build = ['echo "got: $$DEB_BUILD_OPTIONS; $$DEB_BUILD_PROFILES"', "command -v ed"];
    const options = [
      ...["internal-apt-priority=7", `internal-apt-priority[${arch}]=77`],
      ...["deb-build-options=nodoc", `deb-build-options[${arch}]=nocheck parallel=3`],
      ...["deb-build-profiles=nodoc", `deb-build-profiles[${arch}]=nocheck`],
      ...["add-depends=mbd-no-such-package", `add-depends[${arch}]=ed | mbd-none`],
    ];
    const source = await qa.send({ name: "mbd-options", options, build });

    const { log } = await qa.ended(source, "INSTALLED");

    expect(log).toMatch(/^got: nocheck parallel=3; nocheck$/m);
    expect(log).toMatch(/^ +77 http:\/\/127\.0\.0\.1:/m);
  });
});

describe("a build dependency that only the own suite has new enough", () => {
  test("is found by a second try with aptitude, in the same attempt", async () => {
    const newer = await qa.send({ name: "ed", version: qa.packages.version("99") });
    await qa.ended(newer, "INSTALLED");
    const source = await qa.send({ name: "mbd-needs-ed", buildDepends: "ed (>= 99~)" });

    const build = await qa.ended(source, "INSTALLED");

    expect(build.resolver).toBe("aptitude");
    expect(build.log).toContain("resolver apt\n");
    expect(qa.instance.rows("SELECT attempt FROM build WHERE id = ?", build.id)).toEqual([{ attempt: 1 }]);
  });
});
