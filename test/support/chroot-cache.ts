import { chown, copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { CACHE_DIR, cached, exists, today } from "./cache.ts";
import type { ServiceUser } from "./service-user.ts";
import { run, tryRun } from "./tools.ts";

/**
 * Making a chroot takes half a minute, and what its lintian runs in as long, so the first instance of a day that makes
 * them leaves a copy here, and later ones get it as if they had made it: files and row.
 */
export interface ChrootPlace {
  readonly home: string;
  readonly codename: string;
  readonly arch: string;
}

const UNPACKED = ".lintian";
const TARBALL = /-(\d{14})\.tar\.zst$/;

/** Puts the chroot of today into a home whose daemon runs; false when there is none yet. */
export async function placeCachedChroot(place: ChrootPlace, user: ServiceUser): Promise<boolean> {
  const dir = join(CACHE_DIR, cacheName(place));
  if (!(await exists(dir))) return false;
  const names = await readdir(dir);
  const tarball = names.find((name) => TARBALL.test(name));
  const stamp = TARBALL.exec(tarball ?? "")?.[1];
  if (tarball === undefined || stamp === undefined) throw new Error(`there is no tarball in ${dir}`);
  const chroots = join(place.home, "chroots");
  for (const name of names) {
    await copyPart(join(dir, name), join(chroots, name));
    if (!name.endsWith(UNPACKED)) await chown(join(chroots, name), user.uid, user.gid);
  }
  insertRow(place, tarball, stamp);
  return true;
}

/** Keeps a copy of the chroot that the daemon of a home has made. */
export async function keepChroot(place: ChrootPlace): Promise<void> {
  await cached(cacheName(place), async (path) => {
    await mkdir(path);
    const chroots = join(place.home, "chroots");
    const names = (await readdir(chroots)).filter((name) =>
      name.startsWith(`${place.codename}-${place.arch}-`),
    );
    for (const name of names) await copyPart(join(chroots, name), join(path, name));
  });
}

/** The unpacked system, which nobody writes to, shares its files with its copies where it can. */
async function copyPart(from: string, to: string): Promise<void> {
  if (!from.endsWith(UNPACKED)) return await copyFile(from, to);
  const linked = await tryRun("cp", ["-al", from, to]);
  if (linked.exitCode === 0) return;
  await run("rm", ["-rf", to]);
  await run("cp", ["-a", from, to]);
}

function cacheName({ codename, arch }: ChrootPlace): string {
  return `chroot-and-lintian-${codename}-${arch}-${today()}`;
}

function insertRow({ home, codename, arch }: ChrootPlace, tarball: string, stamp: string): void {
  const db = new Sqlite(join(home, "mini-buildd.sqlite"), { timeout: 10_000 });
  try {
    const now = new Date().toISOString();
    db.prepare(
      `INSERT INTO chroot (codename, arch, backend, state, tarball, stamp, error, made_at, checked_at)
       VALUES (?, ?, 'unshare', 'active', ?, ?, NULL, ?, ?)`,
    ).run(codename, arch, tarball, stamp, now, now);
  } finally {
    db.close();
  }
}
