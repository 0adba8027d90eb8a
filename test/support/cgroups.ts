import { chmod, chown, mkdir, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { exists } from "./cache.ts";
import type { ServiceUser } from "./service-user.ts";

/** Where memory and tasks of builds are counted on a machine with cgroup v1, as quickstart makes them. */
const PLACES = ["memory", "pids"].map((controller) => `/sys/fs/cgroup/${controller}/mini-buildd`);

/**
 * Lets the daemons of a user make groups for their builds. Undefined where the machine has no cgroup v1; else what
 * takes it back.
 */
export async function lendCgroups(user: ServiceUser): Promise<(() => Promise<void>) | undefined> {
  for (const place of PLACES) if (!(await exists(join(place, "../cgroup.procs")))) return undefined;
  const back: (() => Promise<void>)[] = [];
  for (const place of PLACES) back.push(await lend(place, user));
  return async () => {
    for (const giveBack of back) await giveBack();
  };
}

async function lend(place: string, user: ServiceUser): Promise<() => Promise<void>> {
  const made = !(await exists(place));
  if (made) await mkdir(place);
  const paths = [place, join(place, "cgroup.procs")];
  const before = await Promise.all(paths.map((path) => stat(path)));
  for (const [index, path] of paths.entries()) {
    const { uid, mode } = before[index] ?? { uid: 0, mode: 0 };
    await chown(path, uid, user.gid);
    await chmod(path, (mode & 0o777) | (index === 0 ? 0o030 : 0o020));
  }
  return async () => {
    // Groups of builds that are just ending keep it busy.
    if (made && (await rmdir(place).then(yes, no))) return;
    for (const [index, path] of paths.entries()) {
      const { uid, gid, mode } = before[index] ?? { uid: 0, gid: 0, mode: 0 };
      await chown(path, uid, gid);
      await chmod(path, mode & 0o777);
    }
  };
}

const yes = () => true;
const no = () => false;
