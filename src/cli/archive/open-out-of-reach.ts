import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, type Stats } from "node:fs";
import { hasCode } from "#platform";
import type { IsInReach } from "./reach.ts";

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** As many as the kernel follows, path_resolution(7). */
const MAX_LINKS = 40;

/** Something on the way is not there, is no directory, was replaced by a link, or is closed even to us. */
const NO_WAY = ["ENOENT", "ENOTDIR", "ELOOP", "EACCES", "ENAMETOOLONG"];

/**
 * Opens a regular file for reading, if a user could not have led us there: each directory and each link on the way is
 * out of that user's reach, and so is the file. Undefined otherwise, also when there is no such file.
 *
 * Links are followed here, not by the kernel, which looks at nothing. Each name is looked up in a directory that is
 * open and was looked at (openat(2); Node.js has it by /proc only), so nothing changes behind us on the way.
 * @param path absolute
 */
export function openOutOfReach(path: string, isInReach: IsInReach): number | undefined {
  const ahead = namesOf(path);
  let here = openSync("/", O_RDONLY | O_DIRECTORY);
  let links = 0;
  const enter = (directory: string) => {
    const next = openSync(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    closeSync(here);
    here = next;
  };
  try {
    for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
      // What is open, not what had its name: a mount may have come in between.
      if (isInReach(fstatSync(here))) return undefined;
      const at = `/proc/self/fd/${here}/${name}`;
      const seen = lstatSync(at);
      if (isInReach(seen)) return undefined;
      if (seen.isSymbolicLink()) {
        if (++links > MAX_LINKS) return undefined;
        const target = readlinkSync(at);
        if (target.startsWith("/")) enter("/");
        ahead.unshift(...namesOf(target));
      } else if (ahead.length > 0 || !seen.isFile()) enter(at);
      else return openSame(at, seen, isInReach);
    }
    return undefined;
  } catch (error) {
    if (hasCode(error, ...NO_WAY)) return undefined;
    throw error;
  } finally {
    closeSync(here);
  }
}

function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

function openSame(at: string, seen: Stats, isInReach: IsInReach): number | undefined {
  const file = openSync(at, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const opened = fstatSync(file);
  if (opened.dev === seen.dev && opened.ino === seen.ino && opened.isFile() && !isInReach(opened))
    return file;
  closeSync(file);
  return undefined;
}
