import { stat } from "node:fs/promises";
import { hasCode, MbdError } from "#platform";

/** The user this process runs as, and how it becomes another. */
export interface ProcessOwner {
  uid(): number;
  become(uid: number, gid: number): void;
}

export const systemOwner: ProcessOwner = {
  uid: () => process.getuid?.() ?? -1,
  become(uid, gid) {
    // Groups first: afterwards the right to change them is gone.
    process.setgroups?.([gid]);
    process.setgid?.(gid);
    process.setuid?.(uid);
  },
};

/**
 * Makes a process that root started the owner of the home, so that nothing there comes to belong to root. Anybody else
 * must be the owner already.
 */
export async function becomeOwnerOf(home: string, owner: ProcessOwner): Promise<void> {
  const stats = await stat(home).catch((error: unknown) => {
    if (hasCode(error, "ENOENT"))
      throw new MbdError("bad_configuration", {
        reason: `the home ${home} does not exist; start the daemon once, or name it with --home`,
      });
    throw error;
  });
  const uid = owner.uid();
  if (uid === stats.uid) return;
  if (uid !== 0)
    throw new MbdError("bad_configuration", {
      reason: `the home ${home} belongs to another user; run this as root or as its owner`,
    });
  owner.become(stats.uid, stats.gid);
}
