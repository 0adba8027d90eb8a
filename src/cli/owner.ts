import { type SpawnSyncOptionsWithStringEncoding, spawnSync } from "node:child_process";
import { stat } from "node:fs/promises";
import { hasCode, MbdError, TOOL_ENV } from "#platform";

export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/** The user this process runs as, and how it acts as another. */
export interface ProcessOwner {
  uid(): number;
  /** Takes the rights of another user for good; for root. @throws MbdError bad_configuration */
  become(user: UserIds): void;
  /**
   * Runs a program with the rights of another user, and returns what it prints; for root. `input`: text, or an open file.
   * It has no terminal: other processes of that user may take hold of it, and would be at root's.
   */
  run(user: UserIds, command: readonly [string, ...string[]], input?: string | number): string;
}

const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

export const systemOwner: ProcessOwner = {
  uid: () => process.getuid?.() ?? -1,
  become({ uid, gid }) {
    try {
      // Groups first: afterwards the right to change them is gone.
      process.setgroups?.([gid]);
      process.setgid?.(gid);
      process.setuid?.(uid);
    } catch (error) {
      // Some releases of Node.js, Debian 13's among them: requests by io_uring would keep the rights of before.
      if (!hasCode(error, "ERR_INVALID_STATE")) throw error;
      const how = `setsid -w setpriv --reuid=${uid} --regid=${gid} --clear-groups`;
      const reason = "no daemon runs there, and this Node.js does not let root become the owner of the home";
      throw new MbdError("bad_configuration", { reason: `${reason}; put '${how}' in front of the command` });
    }
  },
  run({ uid, gid }, [program, ...args], input = "") {
    const isFile = typeof input === "number";
    const options: SpawnSyncOptionsWithStringEncoding & { readonly detached: true } = {
      ...{ uid, gid, cwd: "/", env: { ...TOOL_ENV }, encoding: "utf8", maxBuffer: MAX_OUTPUT_BYTES },
      ...(isFile ? {} : { input }),
      stdio: [isFile ? input : "pipe", "pipe", "pipe"],
      detached: true,
    };
    const { error, status, stdout, stderr } = spawnSync(program, args, options);
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(stderr.trim() || `${program} failed`);
    return stdout;
  },
};

/**
 * Who the home belongs to, if somebody else: root may act as that user, so that nothing there comes to belong to root.
 * Anybody else must be the owner. @throws MbdError bad_configuration
 */
export async function otherOwnerOf(home: string, owner: ProcessOwner): Promise<UserIds | undefined> {
  const { uid, gid } = await stat(home).catch((error: unknown) => {
    if (hasCode(error, "ENOENT"))
      throw new MbdError("bad_configuration", {
        reason: `the home ${home} does not exist; start the daemon once, or name it with --home`,
      });
    throw error;
  });
  const own = owner.uid();
  if (own === uid) return undefined;
  if (own !== 0)
    throw new MbdError("bad_configuration", {
      reason: `the home ${home} belongs to another user; run this as root or as its owner`,
    });
  return { uid, gid };
}

/** Makes a process that root started the owner of the home, to work there itself. @throws MbdError bad_configuration */
export async function becomeOwnerOf(home: string, owner: ProcessOwner): Promise<void> {
  const other = await otherOwnerOf(home, owner);
  if (other !== undefined) owner.become(other);
}
