import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { SourceFiles } from "#archive";
import { type BlobStore, createBlobStore, exec, execOk, type Home, homeAt, prepareHome } from "#platform";
import { createDebdiff, type DebdiffDeps, type DebdiffLimits } from "./debdiff.ts";

// Packages are made and compared with the real tools.
vi.setConfig({ testTimeout: 60_000 });

const MIB = 1024 ** 2;
const LIMITS: DebdiffLimits = {
  packedBytes: 64 * MIB,
  unpackedBytes: 16 * MIB,
  textBytes: 4096,
  timeoutMs: 50_000,
  atOnce: 2,
  anonymousAtOnce: 1,
  waitMs: 100,
  waiting: 5,
};

let base: string;
let home: Home;
let blobs: BlobStore;
let known: SourceFiles[];
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), "mbd-debdiff-"));
  home = homeAt(join(base, "home"));
  await prepareHome(home);
  blobs = createBlobStore(home.store);
  known = [];
});
afterEach(() => rmSync(base, { recursive: true }));

/** A native source package made by dpkg-source, as the pool holds it. A text that begins with `-> ` is a link. */
async function source(version: string, files: Record<string, string> = {}): Promise<string> {
  const dir = mkdtempSync(join(base, "source-"));
  const tree = join(dir, `hello-${version}`);
  const all: Record<string, string> = {
    "debian/changelog": `hello (${version}) unstable; urgency=low\n\n  * Test.\n\n -- A T <a@example.org>  Mon, 01 Jan 2024 12:00:00 +0000\n`,
    "debian/control":
      "Source: hello\nMaintainer: A T <a@example.org>\n\nPackage: hello\nArchitecture: all\nDescription: x\n",
    "debian/source/format": "3.0 (native)\n",
    ...files,
  };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(tree, name)), { recursive: true });
    if (text.startsWith("-> ")) symlinkSync(text.slice(3), join(tree, name));
    else writeFileSync(join(tree, name), text);
  }
  await execOk(exec, "dpkg-source", ["-Zgzip", "-b", basename(tree)], { cwd: dir });
  const stored = [];
  for (const name of readdirSync(dir).filter((each) => each !== basename(tree))) {
    const { sha256, sizeBytes } = await blobs.putFile(join(dir, name));
    stored.push({ name, sha256, sizeBytes });
  }
  const dsc = stored.find(({ name }) => name.endsWith(".dsc"));
  if (dsc === undefined) throw new Error("no .dsc was made");
  known.push({ repository: "test", component: "main", version, dsc, files: stored });
  return version;
}

const debdiff = (change: Partial<DebdiffDeps> = {}) =>
  createDebdiff({
    archive: { sourceVersions: async () => known },
    blobs,
    home,
    exec,
    limits: LIMITS,
    ...change,
  });

const request = (versionA: string, versionB: string, anonymous = false) => ({
  ...{ source: "hello", repositories: [], versionA, versionB, anonymous },
});

describe("two versions", () => {
  test("are compared as debdiff does it for two .dsc files", async () => {
    await source("1.0", { README: "one\n" });
    await source("1.1", { README: "two\n", new: "file\n" });

    const text = await debdiff()(request("1.0", "1.1"));

    expect(text).toContain("--- hello-1.0/README\t");
    expect(text).toContain("+++ hello-1.1/README\t");
    expect(text).toContain("-one\n+two\n");
    expect(text).toContain("+hello (1.1) unstable");
    expect(text).toContain("+file\n");
    const [older = "", newer = ""] = known.map(({ dsc }) => dsc.name);
    const dir = join(base, "judge");
    mkdirSync(dir);
    for (const { name, sha256 } of known.flatMap(({ files }) => files))
      writeFileSync(join(dir, name), readFileSync(blobs.path(sha256)));
    const judge = await exec("debdiff", ["--no-conf", older, newer], { cwd: dir, env: { HOME: dir } });
    // Files that only one side has are given the time of the run or of the epoch.
    const withoutTimes = (diff: string) => diff.replace(/^((?:---|\+\+\+) \S+)\t.*$/gm, "$1");
    expect(withoutTimes(text)).toBe(withoutTimes(judge.stdout));
    expect(readdirSync(home.work)).toEqual([]);
  });

  test("that hold the same give nothing", async () => {
    const changelog = readChangelog("1.0");
    await source("1.0");
    await source("1.0+same", { "debian/changelog": changelog });
    known[1] = { ...(known[1] ?? failed()), version: "1.0+same" };

    expect(await debdiff()(request("1.0", "1.0+same"))).toBe("");
  });

  test("must be there, and not be one", async () => {
    await source("1.0");
    const asked = debdiff();

    await expect(asked(request("1.0", "1.0-0"))).rejects.toMatchObject({ code: "bad_argument" });
    await expect(asked(request("1.0", "2.0"))).rejects.toMatchObject({
      ...{ code: "version_unknown", hint: "There is: 1.0." },
      message: "There is no version 2.0 of source 'hello'.",
    });
    known = [];
    await expect(asked(request("1.0", "2.0"))).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("hostile sources", () => {
  test("see nothing of this machine through links, and the home stays as it is", async () => {
    writeFileSync(join(home.gnupg, "secret"), "the secret of the key\n");
    await source("1.0");
    await source("1.1", {
      users: "-> /etc/passwd",
      key: `-> ${join(home.gnupg, "secret")}`,
      environ: "-> /proc/1/environ",
      up: "-> ../../../../../../../../etc",
      loop: "-> .",
    });

    const text = await debdiff()(request("1.0", "1.1"));

    expect(text).toContain("+hello (1.1) unstable");
    expect(text).not.toMatch(/root:|secret of|PATH=/);
    expect(text).not.toContain("loop/loop");
    expect(readdirSync(home.gnupg)).toEqual(["secret"]);
  });

  test("cannot fill the disk or the memory", async () => {
    await source("1.0");
    await source("1.1", { zeros: "\0".repeat(20 * MIB) });

    await expect(debdiff()(request("1.0", "1.1"))).rejects.toMatchObject({ code: "too_large" });
    expect(readdirSync(home.work)).toEqual([]);
  });

  test("of too many bytes are not unpacked at all", async () => {
    await source("1.0");
    await source("1.1");
    const asked = debdiff({ limits: { ...LIMITS, packedBytes: 100 } });

    await expect(asked(request("1.0", "1.1"))).rejects.toMatchObject({ code: "too_large" });
  });

  test("are shown up to a limit, which is said", async () => {
    await source("1.0");
    await source("1.1", { long: Array.from({ length: 20_000 }, (_, line) => `line ${line}\n`).join("") });

    const text = await debdiff()(request("1.0", "1.1"));

    expect(text.length).toBeLessThan(LIMITS.textBytes + 200);
    expect(text).toMatch(/\n\+line \d+\nThe rest is left out: no more than 4096 bytes are shown.\n$/);
  });

  test("that cannot be unpacked end in an error", async () => {
    await source("1.0");
    await source("1.1");
    const tarball = known[1]?.files.find(({ name }) => name.endsWith(".tar.gz")) ?? failed();
    const wrong = { ...tarball, sha256: (await blobs.putFile("/etc/passwd")).sha256 };
    known[1] = { ...(known[1] ?? failed()), files: [known[1]?.dsc ?? failed(), wrong] };

    await expect(debdiff()(request("1.0", "1.1"))).rejects.toMatchObject({ code: "tool_failed" });
  });
});

test("no more than two are compared at a time, of which one is for those who are not signed in", async () => {
  await source("1.0");
  await source("1.1");
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const asked = debdiff({
    exec: async (...call) => {
      await gate;
      return await exec(...call);
    },
  });

  const first = asked(request("1.0", "1.1", true));
  await vi.waitUntil(() => readdirSync(home.work).length === 1);
  await expect(asked(request("1.1", "1.0", true))).rejects.toMatchObject({
    message: "Too many comparisons of sources without a sign-in at once.",
  });
  const both = [first, asked(request("1.1", "1.0"))];
  await vi.waitUntil(() => readdirSync(home.work).length === 2);
  await expect(asked(request("1.0", "1.1"))).rejects.toMatchObject({ code: "too_many", status: 429 });
  open();

  expect((await Promise.all(both)).every((text) => text.includes("hello (1.1)"))).toBe(true);
  expect(await asked(request("1.0", "1.1"))).toContain("hello (1.1)");
});

test("what an earlier daemon left is removed", async () => {
  await source("1.0");
  await source("1.1");
  mkdirSync(join(home.work, "debdiff-left"));

  await debdiff()(request("1.0", "1.1"));

  expect(readdirSync(home.work)).toEqual([]);
});

function readChangelog(version: string): string {
  return `hello (${version}) unstable; urgency=low\n\n  * Test.\n\n -- A T <a@example.org>  Mon, 01 Jan 2024 12:00:00 +0000\n`;
}

function failed(): never {
  throw new Error("it is there");
}
