import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { processesBelow } from "#platform";
import { createAptJudge, readJson, waitFor, waitForEnd } from "#testing";
import { createQaScene, QA_LIMIT_MS, type QaScene, tests } from "../system/qa-scene.ts";

// All modes of the checks after a build against all that they find; the short form is test/system/qa.test.ts.
let qa: QaScene;

beforeAll(async () => {
  qa = await createQaScene();
});
afterAll(() => qa?.close());

vi.setConfig({ testTimeout: QA_LIMIT_MS + 60_000, hookTimeout: QA_LIMIT_MS });

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
      await qa.send({ name: sourceOf(name), options: [`autopkgtest-mode=${mode}`], tree });
    }
  });

  test.each(AUTOPKGTEST)("$name, mode $mode: $result, $end", async ({ name, mode, end, result }) => {
    const build = await qa.ended({ source: sourceOf(name), version: qa.packages.version("1.0") }, end);

    expect(build.qa.autopkgtest).toMatchObject({ mode, result });
    expect(build.reason).toBe(end === "FAILED" ? "qa" : null);
    expect(build.told.qa).toMatchObject({ autopkgtest: result, piuparts: "SKIPPED" });
    expect(build.log.includes("autopkgtest begins")).toBe(mode !== "DISABLED");
  });

  test("in an experimental suite every result is good", async () => {
    const [version, distribution] = [
      qa.packages.version("1.0", "test", 0),
      qa.packages.distribution("test", "experimental"),
    ];
    const options = ["autopkgtest-mode=ERRFAIL", "piuparts-mode=ERRFAIL"];
    const tree = tests({ units: "exit 3" });
    const source = await qa.send({ name: "mbd-adt-experimental", version, distribution, options, tree });

    const build = await qa.ended(source, "INSTALLED");

    expect(build.qa).toMatchObject({ autopkgtest: { result: "FAIL" }, piuparts: { result: "PASS" } });
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
      await qa.send({ name: sourceOf(name), options: [`piuparts-mode=${mode}`], scripts });
    }
  });

  test.each(PIUPARTS)("$name, mode $mode: $result, $end", async ({ name, mode, end, result }) => {
    const build = await qa.ended({ source: sourceOf(name), version: qa.packages.version("1.0") }, end);

    const log = await qa.checkLog(build.id, "piuparts");
    expect(build.qa.piuparts, log.slice(-3000)).toMatchObject({ mode, result });
    expect(build.reason).toBe(end === "FAILED" ? "qa" : null);
    expect(log).toContain("MBD-PIUPARTS end exit=");
    expect(build.told.qa).toMatchObject({ piuparts: result });
  });
});

describe("a package of the Debian archive", () => {
  test("passes all checks on its whole way", async () => {
    const apt = await createAptJudge();
    try {
      await apt.setSources(`Types: deb-src
URIs: ${qa.instance.archive}
Suites: ${qa.instance.codename}
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`);
      expect(await apt.update()).toMatchObject({ exitCode: 0 });
      const uris = (await apt.run("apt-get", ["-q", "source", "--print-uris", "--only-source", "hello"]))
        .stdout;
      const dsc = /^'([^']+\.dsc)'/m.exec(uris)?.[1] ?? "";
      const options = "lintian-mode=IGNORE|autopkgtest-mode=ERRFAIL|piuparts-mode=ERRFAIL";
      const call = ["port_ext", dsc, qa.packages.distribution(), "--options", options, "--yes", "--json"];
      const answers = readJson(await qa.instance.cli(["api", "local", ...call])) as { version?: string }[];

      const build = await qa.ended({ source: "hello", version: answers[0]?.version ?? "" }, "INSTALLED");

      expect(build.qa).toMatchObject({ autopkgtest: { result: "PASS" }, piuparts: { result: "PASS" } });
      expect(["PASS", "WARN", "FAIL"]).toContain(build.qa.lintian.result);
    } finally {
      await apt.close();
    }
  });
});

describe("a check that is interrupted", () => {
  test("is cleaned up after when its runner is killed, and the build is made again", async () => {
    const { id, workDir } = await qa.sendWaiting("mbd-adt-killed");

    process.kill(qa.runnerOf(id), "SIGKILL");
    await waitFor(
      () => {
        const [row] = qa.instance.rows("SELECT state FROM build WHERE id = ?", id);
        return row?.state === "QUEUED" ? true : undefined;
      },
      { timeoutMs: QA_LIMIT_MS, what: "the build is queued again" },
    );

    await qa.workDirGone(id);
    expect(processesBelow(workDir)).toEqual([]);
    const [row] = qa.instance.rows("SELECT bkey FROM build WHERE id = ?", id);
    await qa.instance.api("cancel", { bkey: String(row?.bkey) });
  });

  test("ends when the build is cancelled", async () => {
    const { source, id, workDir } = await qa.sendWaiting("mbd-adt-cancelled");
    const [row] = qa.instance.rows("SELECT bkey FROM build WHERE id = ?", id);

    await qa.instance.api("cancel", { bkey: String(row?.bkey).replace(/ \S+$/, "") });
    await waitForEnd(qa.instance, source, "CANCELLED", QA_LIMIT_MS);
    await qa.workDirGone(id);

    expect(processesBelow(workDir)).toEqual([]);
  });
});
