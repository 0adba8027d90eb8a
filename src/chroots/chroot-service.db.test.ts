import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { createEvents } from "#events";
import { createJobQueue, type JobContext } from "#jobs";
import { type Exec, exec, type Home, homeAt, prepareHome, silentLog } from "#platform";
import { type ChrootService, createChrootService } from "./chroot-service.ts";
import { findChroot } from "./chroot-store.ts";

// Stands for mmdebstrap and for the test start; `fail`, `hang` and `arch` in the home decide what they do.
const LAUNCH = `#!/bin/sh
home=\${0%/*}
case "$1" in
  mmdebstrap) printf '%s\\n' "$@" >"$home/command"; test ! -e "$home/hang" || exec sleep 600; test ! -e "$home/fail" || { echo "E: no such archive" >&2; exit 1; }; echo tar;;
  unshare) case "$5" in
    rm) exec "$5" "$6" "$7" "$8";;
    tar) cat >"$7/unpacked";;
    *) cat "$home/arch"; echo "Package: libc6";;
  esac;;
esac
`;
const DAY_MS = 86_400_000;

let db: Database;
let home: Home;
let arch: string;
let now: Date;
let inUse: string[];
/** What apt says of newer packages; undefined: it cannot read a source. */
let simulated: string | undefined;
let service: ChrootService;
let messages: () => Promise<string[]>;

beforeEach(async () => {
  db = await openTestDatabase();
  home = homeAt(mkdtempSync(join(tmpdir(), "mbd-chroot-")));
  await prepareHome(home);
  arch = (await exec("dpkg", ["--print-architecture"])).stdout.trim();
  now = new Date("2024-01-02T03:04:05Z");
  inUse = [];
  simulated = "";
  const launcher = join(home.root, "launch");
  writeFileSync(launcher, LAUNCH);
  chmodSync(launcher, 0o755);
  control("arch", `${arch}\n`);
  const clock = { now: () => now };
  const events = createEvents({ db, clock, instance: "acme" });
  messages = async () => (await events.after(0)).events.map((event) => event.message);
  service = createChrootService({
    db,
    clock,
    events,
    exec: withoutApt,
    log: silentLog,
    home,
    jobs: createJobQueue(clock),
    user: { name: "builder", uid: 1000 },
    proxy: () => "http://127.0.0.1:3142",
    tarballsInUse: async () => inUse,
    launch: [launcher],
  });
  await addSource("bookworm", "active");
});

afterEach(async () => {
  await db.close();
  rmSync(home.root, { recursive: true });
});

function control(name: "fail" | "hang" | "arch", text: string): void {
  writeFileSync(join(home.root, name), text);
}

const withoutApt: Exec = async (file, args, options) => {
  if (file !== "apt-get") return await exec(file, args, options);
  const isUpdate = args.includes("update");
  const good = { stdout: isUpdate ? "" : (simulated ?? ""), stderr: "", timedOut: false };
  return { ...good, exitCode: isUpdate && simulated === undefined ? 100 : 0 };
};

function later(ms: number): void {
  now = new Date(now.getTime() + ms);
}

const addSource = (codename: string, state: string) =>
  db.write(async (tx) => {
    const row = {
      origin: "Debian",
      codename,
      state,
      archives: '["http://archive.invalid/debian/"]',
      keyring: "AAAA",
      match: "{}",
      check_valid_until: 1 as const,
      remove_from_component: "",
      release_date: "2024-01-01T00:00:00.000Z",
      description: "",
      codeversion: "12",
      components: '["main","contrib"]',
      architectures: '["amd64"]',
    };
    await tx.insertInto("source").values(row).execute();
  });
const row = () => findChroot(db.read, "bookworm", arch);
const tarballs = () => readdirSync(home.chroots).filter((name) => name.includes(".tar.zst"));
const context = async (
  signal = new AbortController().signal,
  subject = `bookworm:${arch}`,
): Promise<JobContext> => ({
  job: { ...(await queued())[0], subject } as JobContext["job"],
  signal,
  fenced: async () => undefined,
});
const queued = () => db.read.selectFrom("job").selectAll().where("state", "=", "queued").execute();

describe("the first chroot", () => {
  test("is made when a build wants it, once for all that want it", async () => {
    const [first, second] = await Promise.all([
      service.ensure("bookworm", arch),
      service.ensure("bookworm", arch),
    ]);

    expect(first).toEqual({
      tarball: join(home.chroots, `bookworm-${arch}-20240102030405.tar.zst`),
      stamp: "20240102030405",
    });
    expect(second).toEqual(first);
    expect(await row()).toMatchObject({ state: "active", stamp: "20240102030405", error: null });
    expect(await messages()).toEqual([`mini-buildd-bookworm-${arch} was made in 0 s`]);
    expect(readdirSync(home.work)).toEqual([]);
  });

  test("that cannot be made is in error with the reason, and is tried again", async () => {
    control("fail", "");

    await expect(service.ensure("bookworm", arch)).rejects.toMatchObject({ code: "chroot_failed" });

    expect(await row()).toMatchObject({
      state: "error",
      tarball: null,
      error: expect.stringContaining("E: no such archive"),
    });
    rmSync(join(home.root, "fail"));
    later(60_000);
    expect((await service.ensure("bookworm", arch)).stamp).toBe("20240102030505");
  });

  test("that cannot be made is made again after growing pauses, however many builds ask; told once", async () => {
    control("fail", "");
    const tried: number[] = [];
    for (let minute = 0; minute < 60; minute += 1) {
      rmSync(join(home.root, "command"), { force: true });
      const asked = [service.ensure("bookworm", arch), service.ensure("bookworm", arch)];
      for (const answer of await Promise.allSettled(asked)) {
        expect(answer).toMatchObject({ reason: { code: "chroot_failed" } });
      }
      if (existsSync(join(home.root, "command"))) tried.push(minute);
      later(60_000);
    }
    expect(tried).toEqual([0, 1, 3, 8, 18, 33, 48]);
    expect(await messages()).toHaveLength(1);

    rmSync(join(home.root, "fail"));
    control("arch", "s390x\n");
    await expect(service.ensure("bookworm", arch)).rejects.toThrow("no such archive");
    later(15 * 60_000);
    await expect(service.ensure("bookworm", arch)).rejects.toThrow("s390x");
    expect(await messages()).toHaveLength(2);
  });

  test("that was mended by a remake is there for builds at once", async () => {
    control("fail", "");
    await expect(service.ensure("bookworm", arch)).rejects.toMatchObject({ code: "chroot_failed" });
    rmSync(join(home.root, "fail"));

    await service.remakeNow([`bookworm:${arch}`]);

    expect((await service.ensure("bookworm", arch)).stamp).toBe("20240102030405");
  });

  test("that does not start, or is of another architecture, is not used", async () => {
    control("arch", "s390x\n");

    await expect(service.ensure("bookworm", arch)).rejects.toThrow("its architecture is 's390x'");

    expect(tarballs()).toEqual([]);
  });

  test("needs a source that was checked", async () => {
    await addSource("sid", "unchecked");

    await expect(service.ensure("sid", arch)).rejects.toThrow("Source sid cannot be used");
  });
});

describe("a remake", () => {
  const remake = async () => service.job.handle(await context());
  const reasons = async () => (await service.remakeDue()).map(({ reason }) => reason);

  test("gives a new file; the old one goes when no build uses it any more", async () => {
    const old = await service.ensure("bookworm", arch);
    later(2 * 3_600_000);
    inUse = [old.tarball];
    await remake();
    const fresh = await service.ensure("bookworm", arch);

    expect(fresh.stamp).toBe("20240102050405");
    expect(tarballs()).toHaveLength(2);
    inUse = [];
    await service.recover();
    expect(existsSync(old.tarball)).toBe(false);
    expect(existsSync(fresh.tarball)).toBe(true);
  });

  test("that fails keeps the old one, which is stale", async () => {
    const old = await service.ensure("bookworm", arch);
    control("fail", "");
    later(DAY_MS);

    await expect(remake()).rejects.toMatchObject({ code: "chroot_failed" });

    expect(await row()).toMatchObject({ state: "stale", stamp: old.stamp });
    expect(await service.ensure("bookworm", arch)).toEqual(old);
  });

  test("that the daemon's stop ends is no failure", async () => {
    await service.ensure("bookworm", arch);
    const stopping = await context(AbortSignal.abort());

    await expect(service.job.handle(stopping)).rejects.toThrow();

    expect(await row()).toMatchObject({ state: "active", error: null });
    expect(await messages()).toHaveLength(1);
  });

  test("that a build waits for ends with the daemon, too, and that is no failure", async () => {
    control("hang", "");
    const waiting = service.ensure("bookworm", arch);
    await expect.poll(() => existsSync(join(home.root, "command")), { timeout: 10_000 }).toBe(true);

    service.stop();

    await expect(waiting).rejects.toThrow("the daemon stops");
    expect(await findChroot(db.read, "bookworm", arch)).toMatchObject({ state: "missing", error: null });
    expect(await messages()).toEqual([]);
  });

  test("is due after a week, when a source changed, and when there is none yet", async () => {
    await db.write((tx) => service.add(tx, "bookworm", arch));
    expect(await queued()).toHaveLength(1);
    await db.write((tx) => tx.deleteFrom("job").execute());
    expect(await reasons()).toEqual(["there is none"]);
    await service.ensure("bookworm", arch);
    expect(await reasons()).toEqual([]);

    later(6 * DAY_MS);
    expect(await reasons()).toEqual([]);
    later(2 * DAY_MS);
    expect(await reasons()).toEqual(["it is older than 7 days"]);
    await remake();
    await db.write((tx) =>
      tx.updateTable("source").set({ release_date: "2024-01-09T00:00:00.000Z" }).execute(),
    );
    expect(await reasons()).toEqual(["its sources or blocks changed"]);
    const subjects = (await queued()).map(({ subject }) => subject);
    expect(subjects).toContain(`bookworm:${arch}`);
  });

  test("is due when apt knows newer packages, and not when a source cannot be read", async () => {
    await service.ensure("bookworm", arch);
    simulated = "Inst libc6 [2.36-9] (2.36-10 Debian:12 [amd64])\nInst newcomer (1 Debian:12 [amd64])\n";

    expect(await reasons()).toEqual(["there are newer packages: libc6"]);
    simulated = undefined;
    expect(await reasons()).toEqual([]);
  });

  test("of all that are asked for tells how far each went", async () => {
    await service.ensure("bookworm", arch);
    later(DAY_MS);

    const all = ["prepare", "check", "activate", "remove"];
    expect(await service.remakeNow([`bookworm:${arch}`])).toEqual([{ key: `bookworm:${arch}`, steps: all }]);
    control("arch", "s390x\n");
    later(DAY_MS);
    const [failed] = await service.remakeNow([`bookworm:${arch}`]);

    expect(failed).toMatchObject({ steps: ["prepare"], error: expect.stringContaining("s390x") });
    expect((await service.ensure("bookworm", arch)).stamp).toBe("20240103030405");
    expect(await row()).toMatchObject({ state: "stale" });
  });
});

describe("what lintian runs in", () => {
  const make = async () => service.job.handle(await context(undefined, `bookworm:${arch}:lintian`));
  const systems = () => readdirSync(home.chroots).filter((name) => name.includes(".lintian"));

  test("is asked for with the chroot, made behind it, and goes with it", async () => {
    await service.ensure("bookworm", arch);
    expect((await queued()).map(({ subject }) => subject)).toEqual([`bookworm:${arch}:lintian`]);

    await make();
    const { lintianRoot = "" } = await service.ensure("bookworm", arch);

    expect(readFileSync(join(home.root, "command"), "utf8")).toContain("--include=lintian\n");
    expect(lintianRoot).toBe(join(home.chroots, `bookworm-${arch}-20240102030405.lintian`));
    expect(existsSync(join(lintianRoot, "unpacked"))).toBe(true);
    expect(readdirSync(home.work)).toEqual([]);
    later(2 * 3_600_000);
    await service.remakeNow([`bookworm:${arch}`]);
    expect(systems()).toEqual([]);
  });

  test("leaves nothing when it cannot be made; builds then begin without it", async () => {
    await service.ensure("bookworm", arch);
    control("fail", "");

    await expect(make()).rejects.toThrow("E: no such archive");

    expect(systems()).toEqual([]);
    expect(await service.ensure("bookworm", arch)).not.toHaveProperty("lintianRoot");
    expect(await row()).toMatchObject({ state: "active" });
  });

  test("is asked for again when it is missing", async () => {
    await service.ensure("bookworm", arch);
    await db.write((tx) => tx.deleteFrom("job").execute());

    expect(await service.remakeDue()).toEqual([]);

    expect((await queued()).map(({ subject }) => subject)).toEqual([`bookworm:${arch}:lintian`]);
  });
});

test("extra sources are included when every distribution on the base has them with priority 500 or more", async () => {
  for (const codename of ["bookworm-security", "bookworm-updates", "bookworm-backports"])
    await addSource(codename, "active");
  await addDistribution(1, [
    [2, 500],
    [3, 500],
    [4, 1],
  ]);
  await addDistribution(2, [
    [2, 990],
    [4, 1],
  ]);

  await service.ensure("bookworm", arch);

  const command = readFileSync(join(home.root, "command"), "utf8");
  const lines = command.split("\n").filter((line) => line.startsWith("deb "));
  expect(lines.map((line) => line.split("] ")[1])).toEqual([
    "http://archive.invalid/debian/ bookworm main",
    "http://archive.invalid/debian/ bookworm-security main",
  ]);
});

test("a killed making leaves nothing that the next start does not remove", async () => {
  await service.ensure("bookworm", arch);
  await db.write((tx) => tx.updateTable("chroot").set({ state: "making" }).execute());
  writeFileSync(join(home.chroots, `bookworm-${arch}-20230101000000.tar.zst.new`), "");
  const dir = join(home.work, "chroot-bookworm-x");
  mkdirSync(join(dir, "etc"), { recursive: true });
  const tool = spawn("sleep", ["600"], { cwd: dir, detached: true, stdio: "ignore" });
  const ended = once(tool, "exit");

  await service.recover();

  expect(await ended).toEqual([null, "SIGKILL"]);

  expect(await row()).toMatchObject({ state: "active" });
  expect(tarballs()).toEqual([`bookworm-${arch}-20240102030405.tar.zst`]);
  expect(readdirSync(home.work)).toEqual([]);
});

async function addDistribution(
  number: number,
  extras: readonly (readonly [number, number])[],
): Promise<void> {
  await db.write(async (tx) => {
    const layout = {
      name: `L${number}`,
      default_version: "",
      mandatory_version_regex: "",
      experimental_default_version: "",
    };
    const { id: layoutId } = await tx
      .insertInto("layout")
      .values({ ...layout, experimental_mandatory_version_regex: "", meta_distributions: "" })
      .returning("id")
      .executeTakeFirstOrThrow();
    const repository = {
      identity: `r${number}`,
      layout_id: layoutId,
      origin: "",
      description: "",
      active: 1 as const,
    };
    const { id: repositoryId } = await tx
      .insertInto("repository")
      .values({
        ...repository,
        allow_unauthenticated_uploads: 0,
        extra_uploader_keyrings: "[]",
        created_at: "",
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    await tx
      .insertInto("distribution")
      .values({
        repository_id: repositoryId,
        source_id: 1,
        codename: "bookworm",
        components: '["main"]',
        extra_sources: JSON.stringify(extras.map(([source, priority]) => ({ source, priority }))),
        lintian_mode: "",
        lintian_extra_options: "[]",
        lintian_warnfail_options: "[]",
        autopkgtest_mode: "",
        piuparts_mode: "",
        build_dep_resolver: "",
        internal_apt_priority: 1,
        deb_build_options: "",
        deb_build_profiles: "",
      })
      .execute();
  });
}
