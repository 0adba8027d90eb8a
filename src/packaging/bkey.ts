import type { Executor } from "#db";
import { formatBkey, formatTimecode } from "#deb";
import type { Clock } from "#platform";
import { bkeyTaken } from "./packaging-store.ts";

/** A bkey nobody has: the timecode is moved on by a second until that is so. */
export async function freeBkey(db: Executor, clock: Clock, source: string, version: string): Promise<string> {
  let at = clock.now();
  for (;;) {
    const bkey = formatBkey({ source, version, timecode: formatTimecode(at) });
    if (!(await bkeyTaken(db, bkey))) return bkey;
    at = new Date(at.getTime() + 1000);
  }
}
