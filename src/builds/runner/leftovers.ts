import { spawn } from "node:child_process";
import { constants, existsSync, lstatSync } from "node:fs";
import { access, readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, killBelow } from "#platform";

/** Directories of a work directory that hold unpacked chroots. */
const CHROOT_DIRS = ["root", "piu"];
const TOOL_ENV = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

/**
 * Removes what a build left behind (builds.md 9): every process in one of its chroots or at work in its directory, then
 * the chroots themselves. Killing sbuild alone leaves the build running in a session of its own under other user ids.
 * @throws when processes or chroots resist.
 */
export async function cleanLeftovers(workDir: string): Promise<{ killed: number; chroots: number }> {
  const killed = await killBelow(workDir);
  const chroots = await chrootsIn(workDir);
  await removeChroots(chroots);
  return { killed, chroots: chroots.length };
}

/**
 * Ends and removes all of a work directory. Packages and tests leave directories that even their owner may not write to,
 * with files in them: those go in the namespace of the service user's ids, whose root may.
 * @throws when something resists; then the rest is gone as far as possible.
 */
export async function removeAll(workDir: string): Promise<void> {
  await cleanLeftovers(workDir);
  try {
    await rm(workDir, { recursive: true, force: true });
  } catch (error) {
    if (!hasCode(error, "EACCES", "EPERM", "ENOTEMPTY")) throw error;
    await removeAsMappedRoot([workDir]);
    await rm(workDir, { recursive: true, force: true });
  }
}

/** Directories of unpacked chroots that are in a work directory now. */
export async function chrootsIn(workDir: string): Promise<string[]> {
  const dirs = CHROOT_DIRS.map((name) => join(workDir, name)).filter((dir) => existsSync(dir));
  return (await Promise.all(dirs.map(pathsIn))).flat();
}

/** What is in the directory, or itself where its owner, a mapped user id, has closed it. */
async function pathsIn(dir: string): Promise<string[]> {
  try {
    // To list it is not enough: what is in it is looked at, too.
    await access(dir, constants.R_OK | constants.X_OK);
    return (await readdir(dir)).map((name) => join(dir, name));
  } catch (error) {
    if (hasCode(error, "EACCES")) return [dir];
    throw error;
  }
}

/**
 * Removes chroots that nobody is in. What is unpacked belongs to mapped user ids: only a user namespace may remove it.
 * sbuild's chroots need mmdebstrap's, in which the service user is unknown, so the top directory stays; those of lintian
 * and of autopkgtest belong to that user in part, and need the other namespace. What is left of mixtures takes both.
 */
export async function removeChroots(paths: readonly string[]): Promise<void> {
  const isOurs = (path: string): boolean =>
    lstatSync(path, { throwIfNoEntry: false })?.uid === process.getuid?.();
  await removeAsMappedRoot(paths.filter(isOurs));
  await removeAsMmdebstrap(paths.filter((path) => existsSync(path)));
  for (const path of paths.filter((path) => existsSync(path))) {
    try {
      await rmdir(path);
    } catch (error) {
      if (hasCode(error, "ENOENT")) continue;
      await removeAsMappedRoot([path]);
      await rm(path, { recursive: true, force: true });
    }
  }
}

async function removeAsMmdebstrap(paths: readonly string[]): Promise<void> {
  if (paths.length > 0) await runQuietly("mmdebstrap", ["--unshare-helper", ...removal(paths)]);
}

async function removeAsMappedRoot(paths: readonly string[]): Promise<void> {
  if (paths.length > 0) await runQuietly("unshare", ["--map-root-user", "--map-auto", ...removal(paths)]);
}

/** rm(1) follows no links. */
const removal = (paths: readonly string[]): string[] => ["rm", "-rf", "--one-file-system", "--", ...paths];

/** Runs a helper and waits for it; its exit status says nothing (`rm` cannot remove the top directory). */
export function runQuietly(
  file: string,
  args: readonly string[],
  options: { readonly timeout?: number; readonly signal?: AbortSignal } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      ...options,
      ...{ stdio: ["ignore", "pipe", "ignore"], env: TOOL_ENV, cwd: "/" },
    });
    let output = "";
    child.stdout.setEncoding("latin1").on("data", (text: string) => {
      output = (output + text).slice(-65_536);
    });
    child.on("error", reject);
    child.on("close", () => resolve(output));
  });
}
