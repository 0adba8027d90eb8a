import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type Database, openTestDatabase, type Row } from "#db";
import { createEvents, type Events, type EventView } from "#events";
import { type JobContext, RetryLater, type WorkTime } from "#jobs";
import { type Clock, createBlobStore, exec, homeAt, prepareHome, silentLog } from "#platform";
import type { BuildDescription } from "./build-description.ts";
import { findBuild, openBuilds } from "./build-store.ts";
import { type BuildWorker, createBuildWorker } from "./build-worker.ts";
import { buildFinished, section, summary } from "./log-test-support.ts";
import type { CheckRun } from "./runner/task.ts";
import { interruptRunner } from "./runner-process.ts";
import { exampleDescription } from "./test-support.ts";
import type { BuildWorkerDeps } from "./worker-deps.ts";

const BKEY = "hello/2.10-3~test12+1/20240102T030000Z/source amd64";
const START = "2024-01-02T03:00:00.000Z";

/** What the stand-in for the runner does. */
export type RunnerMode =
  | "good"
  | "package"
  | "builder"
  | "dep_wait"
  | "fetch"
  | "update"
  | "skipped"
  | "hang"
  | "die";

/**
 * Speaks the runner's protocol without building anything. It reads what to do from files beside it: `mode`, and for
 * another resolver `mode-aptitude`; when it hangs it ends by the file `finish`, a cancel or SIGTERM.
 */
const FAKE_RUNNER = String.raw`
import { appendFileSync, existsSync, linkSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
const here = dirname(process.argv[1]);
const work = process.argv[2];
const task = JSON.parse(readFileSync(join(work, "description.json"), "utf8"));
const stat = readFileSync("/proc/self/stat", "latin1");
const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
const { build, attempt, fence, run } = task;
writeFileSync(join(work, "claim.tmp"), JSON.stringify({ pid: process.pid, started: boot + "/" + ticks, attempt, fence, run }));
try { linkSync(join(work, "claim.tmp"), join(work, "runner.json")); } catch { process.exit(3); }
let terminated = false;
process.on("SIGTERM", () => { terminated = true; });
const other = join(here, "mode-" + task.resolver);
const mode = readFileSync(existsSync(other) ? other : join(here, "mode"), "utf8");
const from = statSync(join(work, "build.log")).size;
const log = (name) => appendFileSync(join(work, "build.log"), readFileSync(join(here, name + ".log")));
let endedBy = null, exitCode = 0, files = [];
if (mode === "die") { appendFileSync(join(work, "build.log"), "half a log\n"); process.exit(9); }
if (mode === "hang") {
  appendFileSync(join(work, "build.log"), "hanging\n");
  while (!existsSync(join(here, "finish")) && !terminated && !existsSync(join(work, "cancel"))) await new Promise((r) => setTimeout(r, 20));
  endedBy = existsSync(join(work, "cancel")) ? "cancel" : terminated ? "terminated" : null;
}
if (mode === "good" || (mode === "hang" && endedBy === null)) {
  log("good");
  const put = (name, text) => {
    writeFileSync(join(work, "out", name), text);
    const sum = (kind) => createHash(kind).update(text).digest("hex");
    files.push({ name, sizeBytes: text.length, sha256: sum("sha256") });
    return { size: text.length, md5: sum("md5"), sha256: sum("sha256") };
  };
  const stem = "hello_2.10-3~test12+1_amd64";
  const info = put(stem + ".buildinfo", "Format: 1.0\n");
  put(stem + ".changes", "Format: 1.8\nSource: hello\nArchitecture: amd64\nVersion: 2.10-3~test12+1\nDistribution: bookworm-test-unstable\nMaintainer: A <a@example.org>\nChanges:\n hello\nChecksums-Sha256:\n " + info.sha256 + " " + info.size + " " + stem + ".buildinfo\nFiles:\n " + info.md5 + " " + info.size + " misc optional " + stem + ".buildinfo\n");
} else if (mode !== "hang") {
  log(mode);
  exitCode = { package: 2, builder: 1, dep_wait: 3, fetch: 3, update: 1, skipped: 0 }[mode];
}
const to = statSync(join(work, "build.log")).size;
const asked = join(here, "checks.json");
const { checks, texts } = existsSync(asked) ? JSON.parse(readFileSync(asked, "utf8")) : { checks: undefined, texts: {} };
for (const [name, text] of Object.entries(texts)) writeFileSync(join(work, name), text);
const result = { build, attempt, fence, run, exitCode: endedBy ? 2 : exitCode, signal: null, endedBy, log: { from, to }, sbuildMs: 1234,
  peakMemoryBytes: null, limits: { memory: "none", tasks: "rlimit" }, files, refused: [], checks };
writeFileSync(join(work, "result.tmp"), JSON.stringify(result));
renameSync(join(work, "result.tmp"), join(work, "result.json"));
`;

const LOGS: Readonly<Record<string, string>> = {
  good: summary({ Status: "successful", "Build-Time": "40", "Install-Time": "10", Space: "9308" }),
  package: [
    section("Build", "a.c:1:1: error: no", "make: *** [all] Error 1", ...buildFinished),
    summary({ "Fail-Stage": "build", Status: "attempted" }),
  ].join("\n"),
  builder: "E: Error creating chroot\n",
  dep_wait: [
    section(
      "Install package build dependencies",
      "The following packages have unmet dependencies:",
      " sbuild-build-depends-main-dummy : Depends: libfoo-dev (>= 2) but 1 is to be installed",
    ),
    summary({ "Fail-Stage": "install-deps", Status: "given-back" }),
  ].join("\n"),
  fetch: [
    section(
      "Install package build dependencies",
      "Err:1 http://127.0.0.1:8066/repositories/test/ bookworm-test-unstable/main amd64 libown",
      "E: Failed to fetch http://archive.example.org/debian/pool/main/h/hello/hello_2.deb  503  Busy",
      "E: Failed to fetch http://other.example.org/debian/pool/main/h/hello/hello_2.deb  503  Busy",
      "E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?",
    ),
    summary({ "Fail-Stage": "install-deps", Status: "given-back" }),
  ].join("\n"),
  update: [
    section("Chroot Setup Commands", "Err:1 http://archive.example.org/debian bookworm InRelease"),
    summary({ "Fail-Stage": "run-chroot-setup-commands", Status: "failed" }),
  ].join("\n"),
  skipped: summary({ "Fail-Stage": "arch-check", Status: "skipped" }),
};

export interface WorkerBench {
  readonly db: Database;
  readonly worker: BuildWorker;
  readonly deps: BuildWorkerDeps;
  readonly dir: string;
  readonly events: Events;
  readonly changed: number[];
  setMode(mode: RunnerMode, resolver?: string): void;
  /** What the stand-in says of the checks after a good build, and the files they leave in the work directory. */
  setChecks(checks: readonly CheckRun[], texts: Readonly<Record<string, string>>): void;
  finish(): void;
  advance(seconds: number): void;
  row(): Promise<Row<"build">>;
  /** Handles the job once. */
  handle(signal?: AbortSignal): Promise<void>;
  told(): Promise<EventView[]>;
  close(): Promise<void>;
}

export const BUILD_ID = 1;

export interface BenchChanges extends Partial<BuildWorkerDeps> {
  /** The checks that the build wants. Default: none. */
  readonly qa?: BuildDescription["qa"];
}

export async function openWorkerBench({ qa, ...changes }: BenchChanges = {}): Promise<WorkerBench> {
  const db = await openTestDatabase();
  const dir = mkdtempSync(join(tmpdir(), "mbd-worker-"));
  const home = homeAt(join(dir, "home"));
  await prepareHome(home);
  for (const [name, text] of Object.entries(LOGS)) writeFileSync(join(dir, `${name}.log`), text);
  writeFileSync(join(dir, "runner.mjs"), FAKE_RUNNER);
  let now = Date.parse(START);
  const clock: Clock = { now: () => new Date(now) };
  const blobs = createBlobStore(home.store);
  const events = createEvents({ db, clock, instance: "acme" });
  const changed: number[] = [];
  const dsc = await blobs.put(Readable.from([Buffer.from("a dsc")]));
  await insertRows(db);
  const deps: BuildWorkerDeps = {
    db,
    home,
    blobs,
    events,
    clock,
    log: silentLog,
    exec,
    runnerPath: join(dir, "runner.mjs"),
    slots: 1,
    hostArch: "amd64",
    worker: "acme",
    describe: async (build) =>
      exampleDescription({
        build,
        files: [{ name: "hello_2.10-3~test12+1.dsc", ...dsc }],
        qa: qa ?? { ...exampleDescription().qa, lintian: { mode: "DISABLED", options: [] } },
      }),
    chroot: async () => ({ tarball: "/srv/chroots/bookworm-amd64-1.tar.zst", stamp: "1" }),
    changed: async (_tx, id) => {
      changed.push(id);
    },
    onItsWay: async () => [],
    ...changes,
  };
  const worker = createBuildWorker(deps);
  return {
    db,
    deps,
    dir,
    worker,
    events,
    changed,
    setMode: (mode, resolver) => {
      writeFileSync(join(dir, resolver === undefined ? "mode" : `mode-${resolver}`), mode);
    },
    setChecks: (checks, texts) => writeFileSync(join(dir, "checks.json"), JSON.stringify({ checks, texts })),
    finish: () => writeFileSync(join(dir, "finish"), ""),
    advance: (seconds) => {
      now += seconds * 1000;
    },
    row: async () => {
      const row = await findBuild(db.read, BUILD_ID);
      if (row === undefined) throw new Error("the build is gone");
      return row;
    },
    handle: (signal = new AbortController().signal) => worker.kind.handle(contextOf(signal)),
    told: async () => (await events.after(0)).events,
    async close() {
      for (const { runner } of await openBuilds(db.read)) {
        if (runner !== null) interruptRunner(JSON.parse(runner) as { pid: number; started: string });
      }
      await db.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function contextOf(signal: AbortSignal): JobContext {
  const job: Row<"job"> = {
    id: 1,
    kind: "build",
    subject: `build:${BUILD_ID}`,
    state: "leased",
    priority: 0,
    run_after: START,
    attempt: 1,
    max_attempts: 0,
    lease_owner: "test",
    lease_expires_at: START,
    fence: 1,
    again: 0,
    error: null,
    created_at: START,
    ended_at: null,
  };
  return { job, signal, fenced: async () => undefined };
}

async function insertRows(db: Database): Promise<void> {
  await db.write(async (tx) => {
    const upload = await tx
      .insertInto("upload")
      .values({
        origin: "http",
        changes_name: "hello.changes",
        changes_sha256: "a".repeat(64),
        state: "ACCEPTED",
        errors: "[]",
        received_from: "test",
        created_at: START,
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    const packaging = await tx
      .insertInto("packaging")
      .values({
        bkey: BKEY.slice(0, -" amd64".length),
        upload_id: upload.id,
        repository: "test",
        distribution: "bookworm-test-unstable",
        codename: "bookworm",
        suite: "unstable",
        component: "main",
        source: "hello",
        version: "2.10-3~test12+1",
        dsc: "hello_2.10-3~test12+1.dsc",
        options: "[]",
        changed_by: "A <a@example.org>",
        state: "BUILDING",
        accepted_no: 1,
        created_at: START,
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    await tx
      .insertInto("build")
      .values({
        packaging_id: packaging.id,
        bkey: BKEY,
        codename: "bookworm",
        arch: "amd64",
        build_any: 1,
        build_all: 0,
        optional: 0,
        state: "QUEUED",
        attempt: 0,
        fence: 0,
        cancel_requested: 0,
        queued_at: START,
      })
      .execute();
  });
}

/** A work directory as an earlier build could have left it. */
export function leaveWorkDir(bench: WorkerBench, name: string): string {
  const path = join(bench.deps.home.work, name);
  mkdirSync(join(path, "out"), { recursive: true });
  writeFileSync(join(path, "build.log"), "old\n");
  return path;
}

/** Handles the job and expects to be asked again; returns after how many seconds. */
export async function handleAndRetry(bench: Pick<WorkerBench, "handle">): Promise<number> {
  const error = await bench.handle().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RetryLater)) throw new Error(`not told to try later: ${String(error)}`);
  return error.seconds;
}

/** An engine that ran for so many hours since. */
export const workTimeOf = (hours: { readonly worked: number }): Pick<WorkTime, "left"> => ({
  left: async (_db, _since, seconds) => (seconds - hours.worked * 3600) * 1000,
});
