import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChrootService, createChrootService, inLintianRoot, listChroots } from "#chroots";
import { type Database, openTestDatabase } from "#db";
import { createEvents } from "#events";
import { createJobQueue } from "#jobs";
import { createVerifier } from "#keys";
import { exec, execOk, type Home, homeAt, prepareHome, silentLog, systemClock } from "#platform";
import { createFetch, createSourceService } from "#sources";
import { ensureServiceUser, type ServiceUser } from "../support/service-user.ts";

let user: ServiceUser;
let home: Home;
let db: Database;
let chroots: ChrootService;
let codename: string;
let arch: string;

beforeAll(async () => {
  user = await ensureServiceUser();
  become(user);
  home = homeAt(mkdtempSync("/var/tmp/mbd-chroot-"));
  chmodSync(home.root, 0o755);
  await prepareHome(home);
  db = await openTestDatabase();
  const clock = systemClock;
  const events = createEvents({ db, clock, instance: "acme" });
  const jobs = createJobQueue(clock);
  const verifier = createVerifier({ exec, clock, keyringsDir: home.keyrings });
  const common = { db, clock, events, jobs, exec, home };
  const sources = createSourceService({ ...common, verifier, fetch: createFetch(), log: silentLog });
  arch = (await execOk(exec, "dpkg", ["--print-architecture"])).stdout.trim();
  for (const source of await sources.machineSources()) {
    const id = await db.write((tx) => sources.add(tx, source));
    await sources.check(id);
    if (source.base) codename = source.codename;
  }
  const proxy = () => undefined;
  chroots = createChrootService({ ...common, log: silentLog, user, proxy, tarballsInUse: async () => [] });
});

/** For good: this process has no other work, and only so are all files made and removed as the daemon's user. */
function become({ uid, gid }: ServiceUser): void {
  process.setgroups?.([gid]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

afterAll(async () => {
  await db.close();
  for (const name of readdirSync(home.chroots)) await remove(join(home.chroots, name));
  rmSync(home.root, { recursive: true });
});

async function ready() {
  const chroot = await chroots.ensure(codename, arch);
  if ("wait" in chroot) throw new Error(chroot.wait);
  return chroot;
}

/** Files in it may belong to subordinate users. */
async function remove(path: string): Promise<void> {
  await exec("unshare", ["--user", "--map-root-user", "--map-auto", "rm", "-rf", "--", path]);
}

test("a user without privileges makes a chroot from this machine's own archive", async () => {
  expect(await chroots.check()).toEqual([]);

  expect(await chroots.ensure(codename, arch)).toHaveProperty("wait");
  await chroots.remakeNow([`${codename}:${arch}`]);
  const { tarball } = await ready();

  expect(await listChroots(db.read)).toMatchObject([{ codename, arch, state: "active", error: null }]);
  const listing = (await execOk(exec, "tar", ["-tf", tarball])).stdout;
  expect(listing).toContain("./usr/bin/dpkg-buildpackage\n");
  for (const left of ["sources.list", "apt.conf.d/99mmdebstrap", "../resolv.conf", "../hostname"]) {
    expect(listing).not.toContain(`${join("./etc/apt", left)}\n`);
  }
  const preload = await execOk(exec, "tar", ["-xOf", tarball, "./etc/ld.so.preload"]);
  expect(preload.stdout).toMatch(/^\/usr\/lib\/\S+\/libeatmydata\.so\n$/);
  expect(readdirSync(home.work)).toEqual([]);
  expect(readdirSync(home.chroots).sort()).toEqual([
    expect.stringMatching(/\.json$/),
    expect.stringMatching(/\.status$/),
    expect.stringMatching(/\.tar\.zst$/),
  ]);
  expect(listing).toMatch(/^\.\/var\/lib\/apt\/lists\/.*_Packages$/m);
  expect(await chroots.remakeDue()).toEqual([]);
});

test("its lintian runs in a system of its own, where nobody can change anything and nothing else is seen", async () => {
  const signal = new AbortController().signal;
  const subject = `${codename}:${arch}:lintian`;
  await chroots.job.handle({ job: { subject } as never, signal, fenced: async () => undefined });

  const { lintianRoot = "" } = await ready();

  const work = join(home.work, "1");
  for (const name of ["", "overlay", "out", "src", "root"]) mkdirSync(join(work, name), { mode: 0o755 });
  const inside = async (script: string) => {
    const [program = "", ...args] = inLintianRoot(lintianRoot, work, ["sh", "-c", script]);
    return (await exec(program, args)).stdout;
  };
  expect(
    await inside("lintian --print-version; id -u; ls /run; cat /proc/net/dev | tail -n +3 | cut -d: -f1"),
  ).toMatch(/^[0-9]\S+\n65534\nout\noverlay\nsrc\n +lo\n$/);
  const attempts = "for dir in / /usr/bin /run /run/out /etc /var/lib; do touch $dir/x && echo $dir; done";
  expect(await inside(`exec 2>/dev/null; ${attempts}; touch /tmp/x && ls /tmp`)).toBe("x\n");
  expect(await inside("ls /proc | grep -c '^[0-9]'")).toMatch(/^[1-9]\n$/);
  await remove(work);
});

test("an archive that is not there leaves no file and says why", async () => {
  await db.write((tx) =>
    tx.updateTable("source").set({ archives: '["http://127.0.0.1:9/debian/"]' }).execute(),
  );
  const before = readdirSync(home.chroots);

  const making = chroots.job.handle({
    job: { subject: `${codename}:${arch}` } as never,
    signal: new AbortController().signal,
    fenced: async () => undefined,
  });

  await expect(making).rejects.toThrow(/mmdebstrap ended with .*E: /);
  expect(readdirSync(home.chroots)).toEqual(before);
  expect(readdirSync(home.work)).toEqual([]);
  expect(await listChroots(db.read)).toMatchObject([{ state: "stale" }]);
});
