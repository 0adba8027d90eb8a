import { chmod, chown, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  createAptJudge,
  createDaemon,
  ensureServiceUser,
  freePort,
  makeSourcePackage,
  PROGRAM_ENV,
  type Ran,
  readJson,
  run,
  tryRun,
} from "#testing";
import { copyProgram } from "../support/program.ts";

const LAUNCHER = fileURLToPath(new URL("../../bin/mini-buildd", import.meta.url));
const UNSTABLE = "bookworm-acme-unstable";
const TESTING = "bookworm-acme-testing";

let dir: string;
let home: string;
let program = LAUNCHER;
const closes: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  dir = await mkdtemp("/var/tmp/mbda-");
  home = join(dir, "home");
  program = LAUNCHER;
});
afterEach(async () => {
  for (const close of closes.splice(0).reverse()) await close();
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
});

function archive(...words: string[]): Promise<Ran> {
  return tryRun(program, ["archive", ...words, "--home", home], { env: PROGRAM_ENV, cwd: dir });
}

async function ok(...words: string[]): Promise<string> {
  const ran = await archive(...words);
  expect(ran, ran.stderr).toMatchObject({ exitCode: 0, stderr: "" });
  return ran.stdout;
}

/** A refusal: its exit code and its words, which are on standard error alone. */
async function refused(...words: string[]): Promise<[number, string]> {
  const ran = await archive(...words);
  expect(ran.stdout).toBe("");
  return [ran.exitCode, ran.stderr];
}

async function makeDeb(name: string, version: string, arch = "all"): Promise<string> {
  const tree = join(dir, "trees", `${name}-${version}-${arch}`);
  await mkdir(join(tree, "DEBIAN"), { recursive: true });
  await mkdir(join(tree, "usr/share", name), { recursive: true });
  await writeFile(join(tree, "usr/share", name, "version"), `${version}\n`);
  await writeFile(
    join(tree, "DEBIAN/control"),
    `Package: ${name}
Version: ${version}
Architecture: ${arch}
Maintainer: A Tester <tester@example.org>
Section: misc
Priority: optional
Description: ${name} for tests
`,
  );
  const file = join(dir, `${name}_${version}_${arch}.deb`);
  await run("dpkg-deb", ["--root-owner-group", "-b", tree, file]);
  return file;
}

async function startDaemon(uid = process.getuid?.() ?? 0, gid = process.getgid?.() ?? 0): Promise<void> {
  const [httpPort, ftpPort] = [await freePort(), await freePort()];
  const logFile = join(dir, "daemon.log");
  const user = { name: "tester", uid, gid };
  const daemon = createDaemon({ program, home, identity: identityOf(), user, logFile, httpPort, ftpPort });
  closes.push(() => daemon.stop());
  await daemon.start();
}

/** What apt sees of a distribution: `name version` of all packages, without one complaint. */
async function seenByApt(distribution: string): Promise<string[]> {
  const judge = await createAptJudge();
  try {
    const keyring = join(dir, "key.asc");
    const key = await run("gpg", ["--homedir", join(home, "gnupg"), "--armor", "--export"]);
    await writeFile(keyring, key);
    await judge.setSources(
      `Types: deb
URIs: file:${home}/repositories/acme
Suites: ${distribution}
Components: main
Architectures: amd64
Signed-By: ${keyring}
`,
    );
    expect((await judge.update()).complaints).toEqual([]);
    const { stdout } = await judge.run("apt-cache", ["dumpavail"]);
    const field = (name: string) =>
      [...stdout.matchAll(new RegExp(`^${name}: (.*)$`, "gm"))].map((m) => m[1]);
    const versions = field("Version");
    return field("Package")
      .map((name, index) => `${name} ${versions[index]}`)
      .sort();
  } finally {
    await judge.close();
  }
}

function query(sql: string): unknown {
  const db = new Sqlite(join(home, "mini-buildd.sqlite"), { readonly: true });
  try {
    return db.prepare(sql).pluck().get();
  } finally {
    db.close();
  }
}

/** Of the machine's name, as the first command on the home gave it. */
function identityOf(): string {
  return String(query("SELECT value FROM setting WHERE name = 'identity'"));
}

function openPublishJobs(): unknown {
  return query("SELECT count(*) FROM job WHERE kind = 'publish' AND state IN ('queued', 'leased')");
}

describe.each([
  { where: "on a bare home", withDaemon: false },
  { where: "through the daemon of the home", withDaemon: true },
])("$where", ({ withDaemon }) => {
  test("add, copy, ls and remove are seen by apt when they return", async () => {
    const debs = [await makeDeb("hello", "1.0"), await makeDeb("world", "1.0", "amd64")];
    expect(await ok("init", UNSTABLE, "--architecture", "amd64")).toContain(`${UNSTABLE} made`);
    if (withDaemon) await startDaemon();
    await ok("init", TESTING, "--architecture", "amd64");
    expect(await ok("init", TESTING)).toContain("is as wanted");

    await writeFile(join(dir, "list"), `${debs.join("\n")}\n`);
    expect(await ok("add", UNSTABLE, `@${join(dir, "list")}`)).toBe(
      `${UNSTABLE}: hello 1.0 all added\n${UNSTABLE}: world 1.0 amd64 added\n`,
    );
    expect(await seenByApt(UNSTABLE)).toEqual(["hello 1.0", "world 1.0"]);

    await ok("copy", UNSTABLE, TESTING, "hello=1.0");
    expect(await seenByApt(TESTING)).toEqual(["hello 1.0"]);

    expect(await ok("add", UNSTABLE, await makeDeb("hello", "1.1"), "--dry-run")).toContain("would be added");
    await ok("add", UNSTABLE, join(dir, "hello_1.1_all.deb"));
    expect(await seenByApt(UNSTABLE)).toEqual(["hello 1.1", "world 1.0"]);
    const listed = readJson(await archive("ls", UNSTABLE, "hel*", "--json"));
    expect(listed).toMatchObject({ distribution: UNSTABLE, packages: [{ name: "hello", version: "1.1" }] });

    await ok("remove", UNSTABLE, "hello", "world");
    expect(await seenByApt(UNSTABLE)).toEqual([]);
    expect(await seenByApt(TESTING)).toEqual(["hello 1.0"]);
    if (!withDaemon) expect(openPublishJobs()).toBe(0);
  });

  test("a source with its rollbacks: what is replaced can be restored", async () => {
    await ok("init", UNSTABLE, "--architecture", "amd64", "--rollbacks", "2");
    if (withDaemon) await startDaemon();
    const make = (version: string) =>
      makeSourcePackage({ dir: join(dir, version), name: "tool", version, distribution: UNSTABLE });
    const [first, second] = [await make("1.0"), await make("2.0")];

    await ok("add", UNSTABLE, first.dsc);
    await ok("add", UNSTABLE, second.changes);
    expect(await ok("ls", `${UNSTABLE}-rollback0`)).toBe("main tool 1.0 source\n");

    expect((await refused("restore", `${UNSTABLE}-rollback0`, "tool"))[0]).toBe(1);
    await ok("restore", `${UNSTABLE}-rollback0`, "tool", "--force");
    expect(await ok("ls", UNSTABLE)).toBe("main tool 1.0 source\n");
    expect(await ok("ls", `${UNSTABLE}-rollback0`)).toBe("main tool 2.0 source\n");
  });

  test("what cannot be done is said in a sentence and changes nothing", async () => {
    const good = await makeDeb("hello", "1.0");
    const broken = await makeDeb("broken", "1.0");
    await truncate(broken, 300);
    await ok("init", UNSTABLE, "--architecture", "amd64");
    if (withDaemon) await startDaemon();

    const missing = await refused("add", UNSTABLE, good, join(dir, "missing.deb"));
    expect(missing).toEqual([1, expect.stringMatching(/^Error: missing\.deb: it is not there\.\n$/)]);
    expect(await refused("add", UNSTABLE, good, broken)).toEqual([
      1,
      expect.stringContaining("broken_1.0_all.deb"),
    ]);
    expect(await ok("ls", UNSTABLE)).toBe("");
    expect((await refused("add", TESTING, good))[1]).toContain(`'${TESTING}' was not found`);
    expect(await refused("add", "nonsense", good)).toEqual([
      2,
      expect.stringContaining("not a distribution name"),
    ]);
    expect((await refused("copy", UNSTABLE, TESTING, "hello"))[0]).toBe(1);
    expect((await refused("remove", UNSTABLE, "hello"))[0]).toBe(1);
    expect((await refused("add", UNSTABLE))[0]).toBe(2);
    expect((await refused("init", `${UNSTABLE}-rollback0`))[0]).toBe(1);

    await ok("add", UNSTABLE, good);
    const other = join(dir, "other");
    await mkdir(other);
    await run("cp", [good, other]);
    await writeFile(join(dir, "trees/hello-1.0-all/usr/share/hello/version"), "another\n");
    await run("dpkg-deb", [
      "--root-owner-group",
      "-b",
      join(dir, "trees/hello-1.0-all"),
      join(other, "hello_1.0_all.deb"),
    ]);
    const conflict = await refused("add", UNSTABLE, join(other, "hello_1.0_all.deb"));
    expect(conflict).toEqual([1, expect.stringContaining("already in the repository with other content")]);
    expect(await seenByApt(UNSTABLE)).toEqual(["hello 1.0"]);
  });
});

test("root hands over files that the owner of the home cannot read", async () => {
  const user = await ensureServiceUser();
  await chmod(dir, 0o755);
  await mkdir(home);
  await chown(home, user.uid, user.gid);
  program = await copyProgram(join(dir, "program"));
  const deb = await makeDeb("secret", "1.0");
  await chmod(deb, 0o600);
  // Debian 13's Node.js: without a daemon it takes one more command, and the sentence says which.
  const isBound =
    (await tryRun(process.execPath, ["-e", "process.setgroups(process.getgroups())"])).exitCode > 0;
  if (isBound) {
    const [code, words] = await refused("init", UNSTABLE, "--architecture", "amd64");
    expect([code, words]).toEqual([1, expect.stringContaining("put 'setsid -w setpriv --reuid=")]);
    expect(await run("find", [home, "-user", "root"])).toBe("");
    return;
  }
  await ok("init", UNSTABLE, "--architecture", "amd64");

  await ok("add", UNSTABLE, deb);

  expect(await ok("ls", UNSTABLE)).toBe("main secret 1.0 all (secret 1.0)\n");
  expect(await run("find", [home, "-user", "root"])).toBe("");
  expect(await run("find", [join(home, "run"), "-name", "hand-over-*"])).toBe("");

  // The owner of the home may not lead root to files: those of that user's own links stay where they are.
  const theirs = join(dir, "theirs");
  await mkdir(theirs);
  await symlink(await makeDeb("other", "1.0"), join(theirs, "other_1.0_all.deb"));
  await chmod(join(dir, "other_1.0_all.deb"), 0o600);
  await run("chown", ["-hR", user.name, theirs]);
  // Nor by way of a link of root.
  const through = join(dir, "through_1.0_all.deb");
  await symlink(join(theirs, "other_1.0_all.deb"), through);
  for (const file of [join(theirs, "other_1.0_all.deb"), through])
    expect(await refused("add", UNSTABLE, file)).toEqual([
      1,
      expect.stringMatching(/_1\.0_all\.deb.*it may not be read/),
    ]);
  expect(await ok("ls", UNSTABLE)).toBe("main secret 1.0 all (secret 1.0)\n");
});

test("a home that a daemon uses is not opened a second time", async () => {
  await ok("init", UNSTABLE, "--architecture", "amd64");
  await startDaemon();
  // The daemon holds the lock; without its socket nobody may work on the home.
  await rm(join(home, "run/control.sock"));
  const [code, words] = await refused("ls");
  expect([code, words]).toEqual([1, expect.stringContaining("is in use by another mini-buildd process")]);
  expect(await readFile(join(dir, "daemon.log"), "utf8")).not.toContain('"level":50');
});
