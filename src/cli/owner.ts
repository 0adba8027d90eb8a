import { stat } from "node:fs/promises";
import { hasCode, MbdError } from "#platform";

/** The user this process runs as, and how it becomes another. */
export interface ProcessOwner {
  uid(): number;
  become(uid: number, gid: number): void;
  /** Does something with the rights of another user, and takes the own ones back; for root. Nothing else runs meanwhile. */
  as<T>(uid: number, gid: number, work: () => T): T;
}

export const systemOwner: ProcessOwner = {
  uid: () => process.getuid?.() ?? -1,
  become(uid, gid) {
    // Groups first: afterwards the right to change them is gone.
    process.setgroups?.([gid]);
    process.setgid?.(gid);
    process.setuid?.(uid);
  },
  as(uid, gid, work) {
    const groups = process.getgroups?.() ?? [];
    const [ownUid, ownGid] = [process.geteuid?.() ?? uid, process.getegid?.() ?? gid];
    process.setgroups?.([gid]);
    process.setegid?.(gid);
    process.seteuid?.(uid);
    try {
      return work();
    } finally {
      process.seteuid?.(ownUid);
      process.setegid?.(ownGid);
      process.setgroups?.(groups);
    }
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
