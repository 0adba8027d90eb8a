import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { type Exec, execOk, type Home, namesIn, removeTree, statOrUndefined } from "#platform";

/** Beginnings of the names of directories in `home.work`: of port jobs, and of source packages that are being made. */
export const PORT_PREFIX = "port-";
export const MAKE_PREFIX = "source-";

/**
 * Removes a directory that a source was unpacked in. An unpacking that was ended leaves directories that are closed even
 * to their owner; root of a namespace may enter them.
 */
export async function removeWork(exec: Exec, dir: string): Promise<void> {
  try {
    await removeTree(dir);
  } catch {
    await execOk(exec, "unshare", ["--map-root-user", "--", "rm", "-rf", "--", dir]);
  }
}

/**
 * Removes what ports of earlier daemons left: what is older than this process. A tool in it that still runs ends by
 * itself; then its job removes it.
 */
export async function sweepPorts(exec: Exec, home: Pick<Home, "work">): Promise<void> {
  for (const name of await namesIn(home.work)) {
    if (![PORT_PREFIX, MAKE_PREFIX].some((prefix) => name.startsWith(prefix))) continue;
    const dir = join(home.work, name);
    const changedMs = (await statOrUndefined(dir))?.mtimeMs ?? 0;
    if (changedMs < performance.timeOrigin) await removeWork(exec, dir).catch(() => undefined);
  }
}
