import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { type Home, namesIn, removeTree, statOrUndefined } from "#platform";

/** Beginnings of the names of directories in `home.work`: of port jobs, and of source packages that are being made. */
export const PORT_PREFIX = "port-";
export const MAKE_PREFIX = "source-";

/**
 * Removes what ports of earlier daemons left: what is older than this process. A tool in it that still runs ends by
 * itself; then its job removes it.
 */
export async function sweepPorts(home: Pick<Home, "work">): Promise<void> {
  for (const name of await namesIn(home.work)) {
    if (![PORT_PREFIX, MAKE_PREFIX].some((prefix) => name.startsWith(prefix))) continue;
    const dir = join(home.work, name);
    const changedMs = (await statOrUndefined(dir))?.mtimeMs ?? 0;
    if (changedMs < performance.timeOrigin) await removeTree(dir).catch(() => undefined);
  }
}
