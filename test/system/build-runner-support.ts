import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { build as bundle } from "esbuild";
import { type BuildDescription, DEFAULT_LIMITS } from "#builds";
import { createBlobStore, exec, hashFile } from "#platform";
import { pureModules } from "../../scripts/pure-modules.mjs";
import {
  type RunnerLimits,
  type RunnerResult,
  type RunnerTask,
  WORK_FILES,
} from "../../src/builds/runner/task.ts";
import { prepareWorkDir } from "../../src/builds/work-dir.ts";

/** An unprivileged user with subordinate ids, a chroot tarball and the bundled runner: what one real build needs. */
export interface Bench {
  readonly dir: string;
  readonly user: string;
  readonly arch: string;
  readonly codename: string;
  readonly tarball: string;
  readonly archive: { uri: string; keyring: string };
}

const root = new URL("../..", import.meta.url).pathname;

export async function createBench(): Promise<Bench> {
  const dir = mkdtempSync("/var/tmp/mbd-runner-");
  chmodSync(dir, 0o755);
  const user = `mbdtest${process.pid}`;
  execFileSync("useradd", ["--create-home", "--home-dir", join(dir, "user"), user]);
  chmodSync(join(dir, "user"), 0o755);
  const first = freeSubIds();
  for (const kind of ["subuids", "subgids"]) {
    execFileSync("usermod", [`--add-${kind}`, `${first}-${first + 65_535}`, user]);
  }
  const calls = (name: string) =>
    `import { ${name} } from "./leftovers.ts"; await ${name}(process.argv[2] ?? "");`;
  for (const [name, contents] of [
    ["runner.mjs", 'import "./main.ts";'],
    ["leftovers.mjs", calls("cleanLeftovers")],
    ["remove.mjs", calls("removeAll")],
  ] as const) {
    await bundle({
      stdin: { resolveDir: join(root, "src/builds/runner"), contents },
      bundle: true,
      platform: "node",
      format: "esm",
      outfile: join(dir, name),
      plugins: [pureModules],
      logLevel: "error",
    });
  }
  const arch = execFileSync("dpkg", ["--print-architecture"], { encoding: "utf8" }).trim();
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "";
  const archive = machineArchive(codename);
  const tarball = process.env.MBD_TEST_TARBALL ?? makeTarball({ dir, user, arch, codename, archive });
  return { dir, user, arch, codename, tarball, archive };
}

export function removeBench(bench: Bench): void {
  rmSync(bench.dir, { recursive: true, force: true });
  execFileSync("userdel", ["--force", bench.user], { stdio: "ignore" });
}

/** Subordinate ids that nobody else on the machine has. */
function freeSubIds(): number {
  const ends = readFileSync("/etc/subuid", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .map(([, start, count]) => Number(start ?? 0) + Number(count ?? 0));
  return Math.max(1_000_000, ...ends);
}

/** What the machine's own apt sources name for its release. */
function machineArchive(codename: string): { uri: string; keyring: string } {
  const update = execFileSync("apt-get", ["update", "--print-uris"], { encoding: "utf8" });
  const lines = update.match(/(?<=^')[^']*/gm) ?? [];
  const ending = `dists/${codename}/InRelease`;
  const uri = lines.find((line) => line.endsWith(ending))?.slice(0, -ending.length);
  if (uri === undefined) throw new Error(`the machine's apt sources name no archive of ${codename}`);
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  return { uri, keyring };
}

function makeTarball(bench: Omit<Bench, "tarball">): string {
  const path = join(bench.dir, "user", "chroot.tar");
  const { uri, keyring } = bench.archive;
  const args = [
    "--mode=unshare",
    "--variant=buildd",
    `--architectures=${bench.arch}`,
    "--format=tar",
    `--keyring=${keyring}`,
    "--quiet",
    '--customize-hook=rm -f "$1"/etc/apt/sources.list "$1"/etc/resolv.conf "$1"/etc/hostname',
    bench.codename,
    path,
    `deb ${uri} ${bench.codename} main`,
  ];
  const made = asUser(bench, "mmdebstrap", args, { TMPDIR: join(bench.dir, "user") });
  if (made.status !== 0) throw new Error(`mmdebstrap failed: ${made.stderr}`);
  return path;
}

function userCommand(bench: Pick<Bench, "user">, file: string, args: readonly string[]): string[] {
  return ["--reuid", bench.user, "--regid", bench.user, "--clear-groups", "--", file, ...args];
}

const TOOLS = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

export function asUser(
  bench: Pick<Bench, "user" | "dir">,
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
) {
  return spawnSync("setpriv", userCommand(bench, file, args), {
    cwd: "/",
    env: { ...TOOLS, HOME: join(bench.dir, "user"), ...env },
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
}

export interface SourceRecipe {
  readonly name: string;
  /** Shell lines of the target `build` of debian/rules. */
  readonly build: readonly string[];
  readonly depends?: string;
}

/** A native source package of one binary package, made by dpkg-source. */
export function makeSource(dir: string, recipe: SourceRecipe): string[] {
  const tree = join(dir, `${recipe.name}-1.0`);
  mkdirSync(join(tree, "debian", "source"), { recursive: true });
  const file = (name: string, lines: readonly string[], mode = 0o644): void => {
    writeFileSync(join(tree, "debian", name), `${lines.join("\n")}\n`, { mode });
  };
  file("source/format", ["3.0 (native)"]);
  file("changelog", [
    `${recipe.name} (1.0) unstable; urgency=medium`,
    "",
    "  * Initial release.",
    "",
    " -- Test Maintainer <test@example.org>  Tue, 02 Jan 2024 03:04:05 +0000",
  ]);
  file("control", [
    `Source: ${recipe.name}`,
    "Section: misc",
    "Priority: optional",
    "Maintainer: Test Maintainer <test@example.org>",
    `Build-Depends: ${recipe.depends ?? "bash"}`,
    "Standards-Version: 4.6.2",
    "Rules-Requires-Root: no",
    "",
    `Package: ${recipe.name}`,
    "Architecture: any",
    "Description: package of a test",
    " It holds nothing.",
  ]);
  const rules = [
    "#!/usr/bin/make -f",
    "clean:",
    "build-arch build-indep build:",
    ...recipe.build.map((line) => `\t${line}`),
    "binary-indep:",
    "binary-arch binary: build",
    "\trm -rf debian/tmp; mkdir -p debian/tmp/DEBIAN; dpkg-gencontrol; dpkg-deb --build debian/tmp ..",
  ];
  file("rules", rules, 0o755);
  execFileSync("dpkg-source", ["-b", tree], { cwd: dir, stdio: "ignore" });
  return readdirSync(dir)
    .filter((name) => name.startsWith(`${recipe.name}_1.0`))
    .map((name) => join(dir, name));
}

export interface RunOptions {
  readonly lintian?: "DISABLED" | "ERRFAIL";
  readonly limits?: Partial<RunnerLimits>;
}

/** A work directory ready for the runner, owned by the bench's user. */
export async function prepareRun(
  bench: Bench,
  recipe: SourceRecipe,
  options: RunOptions = {},
): Promise<{ workDir: string; task: RunnerTask }> {
  const sourceDir = mkdtempSync(join(bench.dir, "source-"));
  const blobs = createBlobStore(join(bench.dir, "store"));
  const files = [];
  for (const path of makeSource(sourceDir, recipe)) {
    await blobs.putFile(path);
    files.push({ name: path.slice(sourceDir.length + 1), ...(await hashFile(path)) });
  }
  mkdirSync(join(bench.dir, "work"), { recursive: true });
  const workDir = join(bench.dir, "work", recipe.name);
  const task = await prepareWorkDir(
    {
      workDir,
      description: describe(bench, recipe, files, options),
      chroot: { tarball: bench.tarball, stamp: "test" },
      hostArch: bench.arch,
      cgroups: {},
      leasedAt: new Date().toISOString(),
      cacheDir: join(bench.dir, "cache"),
    },
    { blobs, exec },
  );
  const limited: RunnerTask = { ...task, limits: { ...task.limits, ...options.limits } };
  writeFileSync(join(workDir, WORK_FILES.task), JSON.stringify(limited));
  execFileSync("chown", ["-R", `${bench.user}:`, workDir]);
  return { workDir, task: limited };
}

function describe(
  bench: Bench,
  recipe: SourceRecipe,
  files: BuildDescription["files"],
  options: RunOptions,
): BuildDescription {
  return {
    build: 1,
    bkey: `${recipe.name}/1.0/20240102T030000Z/source ${bench.arch}`,
    attempt: 1,
    fence: 1,
    source: recipe.name,
    version: "1.0",
    distribution: `${bench.codename}-test-unstable`,
    codename: bench.codename,
    arch: bench.arch,
    buildAny: true,
    buildAll: true,
    files,
    apt: {
      base: {
        name: "base",
        uris: [bench.archive.uri],
        suite: bench.codename,
        components: ["main"],
        key: readFileSync(bench.archive.keyring).toString("base64"),
        checkValidUntil: true,
      },
      extra: [],
      own: [],
      ownKey: "",
    },
    tool: { resolver: "auto", addDepends: [], debBuildOptions: [], debBuildProfiles: [], blocks: [] },
    qa: {
      experimental: false,
      lintian: { mode: options.lintian ?? "DISABLED", options: [] },
      autopkgtest: { mode: "DISABLED" },
      piuparts: { mode: "DISABLED" },
    },
    limits: { ...DEFAULT_LIMITS, diskFreeBytes: 1024 ** 3 },
  };
}

export interface Running {
  readonly pid: number;
  readonly ended: Promise<number | null>;
}

/** Starts the runner as the user, as the daemon would. */
export function startAsUser(bench: Bench, workDir: string): Running {
  const command = userCommand(bench, process.execPath, [join(bench.dir, "runner.mjs"), workDir]);
  const child = spawn("setpriv", command, { cwd: "/", env: TOOLS, stdio: "ignore", detached: true });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code));
  });
  if (child.pid === undefined) throw new Error("the runner did not start");
  return { pid: child.pid, ended };
}

export function readResult(workDir: string): RunnerResult {
  return JSON.parse(readFileSync(join(workDir, WORK_FILES.result), "utf8")) as RunnerResult;
}

export function readLog(workDir: string): string {
  return readFileSync(join(workDir, WORK_FILES.log), "latin1");
}

/** Waits until the log has the text. */
export async function untilLogged(workDir: string, text: string, limitMs = 300_000): Promise<void> {
  const until = Date.now() + limitMs;
  while (!readLog(workDir).includes(text)) {
    if (Date.now() > until) throw new Error(`no "${text}" in the log:\n${readLog(workDir).slice(-2000)}`);
    await delay(100);
  }
}
