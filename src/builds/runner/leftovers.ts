import { spawn } from "node:child_process";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { readdir, rm, rmdir } from "node:fs/promises";
import { join, sep } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { hasErrorCode } from "./machine.ts";

/** Directories of a work directory that hold unpacked chroots. */
const CHROOT_DIRS = ["root", "piu"];
const TOOL_ENV = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };
/** Processes may be forked while the list is read; each round finds fewer. */
const ROUNDS = 100;
const ROUND_MS = 50;

/**
 * Removes what a build left behind (builds.md 9): every process in one of its chroots or at work in its directory, then
 * the chroots themselves. Killing sbuild alone leaves the build running in a session of its own under other user ids.
 * @throws when processes or chroots resist.
 */
export async function cleanLeftovers(workDir: string): Promise<{ killed: number; chroots: number }> {
  const killed = await killProcesses(workDir);
  let chroots = 0;
  for (const name of CHROOT_DIRS) chroots += await removeChroots(join(workDir, name));
  return { killed, chroots };
}

/** Ids of the processes whose root is in a chroot of the work directory, or that work in that directory. */
export function buildProcesses(workDir: string): number[] {
  const chroots = CHROOT_DIRS.map((name) => join(workDir, name) + sep);
  return readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && belongs(pid, workDir, chroots));
}

function belongs(pid: number, workDir: string, chroots: readonly string[]): boolean {
  const root = processLink(pid, "root");
  if (root !== undefined && chroots.some((dir) => root.startsWith(dir))) return true;
  // sbuild itself and its helpers outside the chroot start in <W>/out.
  const cwd = processLink(pid, "cwd");
  return cwd !== undefined && (cwd + sep).startsWith(workDir + sep);
}

function processLink(pid: number, name: "root" | "cwd"): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
  } catch (error) {
    // Gone meanwhile, a kernel thread, or a process of somebody else.
    if (hasErrorCode(error, "ENOENT", "ESRCH", "EACCES", "EPERM")) return undefined;
    throw error;
  }
}

async function killProcesses(workDir: string): Promise<number> {
  const seen = new Set<number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = buildProcesses(workDir);
    if (found.length === 0) return seen.size;
    for (const pid of found) {
      seen.add(pid);
      killQuietly(pid);
    }
    await delay(ROUND_MS);
  }
  throw new Error(`processes of ${workDir} cannot be killed: ${buildProcesses(workDir).join(" ")}`);
}

/** SIGKILL; negative ids name a process group. Not there any more is fine. */
export function killQuietly(pid: number, signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasErrorCode(error, "ESRCH")) throw error;
  }
}

async function removeChroots(dir: string): Promise<number> {
  if (!existsSync(dir)) return 0;
  const names = await readdir(dir);
  for (const name of names) {
    const path = join(dir, name);
    await removeUnpacked(path);
  }
  return names.length;
}

/**
 * An unpacked chroot belongs to mapped user ids: only a user namespace may remove it. In mmdebstrap's the service user is
 * unknown, so the top directory stays; autopkgtest's chroots belong to that user in part, and need the other namespace.
 */
async function removeUnpacked(path: string): Promise<void> {
  const remove = ["rm", "-rf", "--one-file-system", path];
  await runQuietly("mmdebstrap", ["--unshare-helper", ...remove]);
  try {
    await rmdir(path);
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return;
    await runQuietly("unshare", ["--map-root-user", "--map-auto", ...remove]);
    await rm(path, { recursive: true, force: true });
  }
}

/** Runs a helper and waits for it; its exit status says nothing (`rm` cannot remove the top directory). */
export function runQuietly(file: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "ignore"], env: TOOL_ENV, cwd: "/" });
    let output = "";
    child.stdout.setEncoding("latin1").on("data", (text: string) => {
      output = (output + text).slice(-65_536);
    });
    child.on("error", reject);
    child.on("close", () => resolve(output));
  });
}
