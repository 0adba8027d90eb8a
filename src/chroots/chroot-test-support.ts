import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openTestDatabase } from "#db";
import { createEvents } from "#events";
import { createJobQueue, type Job, type JobContext } from "#jobs";
import { type Exec, exec, type Home, homeAt, prepareHome, silentLog } from "#platform";
import { type ChrootService, createChrootService } from "./chroot-service.ts";
import { findChroot } from "./chroot-store.ts";
import type { ReadyChroot } from "./tarball-files.ts";

// Stands for mmdebstrap and for the test start; `fail`, `hang` and `arch` in the home decide what they do.
const LAUNCH = `#!/bin/sh
home=\${0%/*}
case "$1" in
  mmdebstrap) printf '%s\\n' "$@" >"$home/command"; test ! -e "$home/hang" || exec sleep 600; test ! -e "$home/fail" || { cat "$home/fail" >&2; echo "E: no such archive" >&2; exit 1; }; echo tar;;
  unshare) case "$5 $6" in
    "rm "*) exec "$5" "$6" "$7" "$8";;
    "sh -ec") cat >"$9/unpacked";;
    *) cat "$home/arch"; echo "Package: libc6";;
  esac;;
esac
`;

/** A service of chroots whose tools only act as if, and what tests ask and change of it. */
export interface ChrootBench {
  readonly db: Database;
  readonly home: Home;
  readonly arch: string;
  readonly service: ChrootService;
  /** Names of tarballs that builds use now. */
  inUse: string[];
  /** What apt says of newer packages; undefined: it cannot read a source. */
  simulated: string | undefined;
  /** What builds get, made first if there is none. */
  make(): Promise<ReadyChroot>;
  /** Those that builds were told of. */
  made: string[];
  /** Addresses that the caching proxy was told of. */
  failedFiles: string[];
  control(name: "fail" | "hang" | "arch", text: string): void;
  later(ms: number): void;
  /** Of all events. */
  messages(): Promise<string[]>;
  row(): ReturnType<typeof findChroot>;
  tarballs(): string[];
  queued(): Promise<Job[]>;
  context(signal?: AbortSignal, subject?: string): Promise<JobContext>;
  addSource(codename: string, state: string): Promise<void>;
  close(): Promise<void>;
}

export async function openChrootBench(): Promise<ChrootBench> {
  const db = await openTestDatabase();
  const home = homeAt(mkdtempSync(join(tmpdir(), "mbd-chroot-")));
  await prepareHome(home);
  const arch = (await exec("dpkg", ["--print-architecture"])).stdout.trim();
  let now = new Date("2024-01-02T03:04:05Z");
  const launcher = join(home.root, "launch");
  writeFileSync(launcher, LAUNCH);
  chmodSync(launcher, 0o755);
  const control: ChrootBench["control"] = (name, text) => writeFileSync(join(home.root, name), text);
  control("arch", `${arch}\n`);
  const clock = { now: () => now };
  const events = createEvents({ db, clock, instance: "acme" });
  const withoutApt: Exec = async (file, args, options) => {
    if (file !== "apt-get") return await exec(file, args, options);
    const isUpdate = args.includes("update");
    const good = { stdout: isUpdate ? "" : (bench.simulated ?? ""), stderr: "", timedOut: false };
    return { ...good, exitCode: isUpdate && bench.simulated === undefined ? 100 : 0 };
  };
  const queued = () => db.read.selectFrom("job").selectAll().where("state", "=", "queued").execute();
  const bench: ChrootBench = {
    ...{ db, home, arch, inUse: [], simulated: "", made: [], failedFiles: [], control, queued },
    service: createChrootService({
      ...{ db, clock, events, exec: withoutApt, log: silentLog, home },
      jobs: createJobQueue(clock),
      user: { name: "builder", uid: 1000 },
      proxy: () => "http://127.0.0.1:3142",
      tarballsInUse: async () => bench.inUse,
      launch: [launcher],
      fileFailed: async (address) => void bench.failedFiles.push(address),
      made: async (_tx, chroot) => void bench.made.push(`${chroot.codename}:${chroot.arch}`),
    }),
    async make() {
      if ((await bench.row())?.tarball == null) await bench.service.job.handle(await bench.context());
      const chroot = await bench.service.ensure("bookworm", arch);
      if ("wait" in chroot) throw new Error(chroot.wait);
      return chroot;
    },
    later(ms) {
      now = new Date(now.getTime() + ms);
    },
    messages: async () => (await events.after(0)).events.map((event) => event.message),
    row: () => findChroot(db.read, "bookworm", arch),
    tarballs: () => readdirSync(home.chroots).filter((name) => name.includes(".tar.zst")),
    context: async (signal = new AbortController().signal, subject = `bookworm:${arch}`) => ({
      job: { ...(await queued())[0], subject } as JobContext["job"],
      signal,
      fenced: async () => undefined,
    }),
    addSource: (codename, state) => addSource(db, codename, state),
    async close() {
      await db.close();
      rmSync(home.root, { recursive: true });
    },
  };
  await bench.addSource("bookworm", "active");
  return bench;
}

const addSource = (db: Database, codename: string, state: string): Promise<void> =>
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
