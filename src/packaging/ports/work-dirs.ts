import { join } from "node:path";
import { type Home, namesIn, removeTree } from "#platform";

/** Beginnings of the names of directories in `home.work`: of port jobs, and of source packages that are being made. */
export const PORT_PREFIX = "port-";
export const MAKE_PREFIX = "source-";

/** Removes what ports of an earlier daemon left, before jobs run. A tool of it that still runs ends by itself; then its job removes it. */
export async function sweepPorts(home: Pick<Home, "work">): Promise<void> {
  for (const name of await namesIn(home.work)) {
    if (![PORT_PREFIX, MAKE_PREFIX].some((prefix) => name.startsWith(prefix))) continue;
    await removeTree(join(home.work, name)).catch(() => undefined);
  }
}
