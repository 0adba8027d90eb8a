import { randomBytes } from "node:crypto";
import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync, realpathSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorText, homeAt, MbdError } from "#platform";
import type { ProcessOwner, UserIds } from "../owner.ts";

export interface HandedOver {
  /** The files by names under which the owner of the home can read them. */
  readonly files: readonly string[];
  /** Removes the copies that were made. */
  remove(): void;
}

const PREFIX = "hand-over-";

/** Runs a script of the shell as the owner of the home. */
type AsOwner = (script: string, args: readonly string[], input?: string | number) => string;

/**
 * Root may name files that the owner of the home cannot read: those are copied into a private directory of the home,
 * each together with the files that it lists. Programs with the rights of the owner write the copies, so that no link in
 * a directory of that user leads root astray. All other files are left where they are.
 * @param other whose home it is, if not our own
 */
export async function handOver(
  owner: ProcessOwner,
  other: UserIds | undefined,
  home: string,
  files: readonly string[],
): Promise<HandedOver> {
  if (other === undefined || files.length === 0) return { files, remove: () => undefined };
  const asOwner: AsOwner = (script, args, input) =>
    owner.run(other, ["sh", "-eu", "-c", script, "sh", ...args], input);
  const isSafe = (file: string): boolean => isOutOfReach(other, file);
  const groups: string[][] = [];
  for (const file of files)
    groups.push(isSafe(file) ? [file, ...(await listedFiles(file)).filter(isSafe)] : []);
  const closed = closedFiles(groups.flat(), asOwner);
  if (closed.size === 0) return { files, remove: () => undefined };
  const dir = makeDirectory(homeAt(home).run, asOwner);
  const remove = () => void asOwner('rm -rf -- "$1"', [dir]);
  try {
    const names = groups.map((group, index) =>
      group.some((file) => closed.has(file))
        ? copyGroup(group, join(dir, String(index)), asOwner)
        : (files[index] ?? ""),
    );
    return { files: names, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** What a .changes or .dsc lists, which lies beside it; nothing when it cannot be understood, as is said later. */
async function listedFiles(file: string): Promise<string[]> {
  if (!/\.(?:dsc|changes)$/.test(file)) return [];
  const { parseChanges, parseDsc, unwrapClearsigned } = await import("#deb");
  try {
    const text = await readFile(file, "utf8");
    const name = basename(file);
    const listed = file.endsWith(".dsc")
      ? parseDsc(text, name).files
      : parseChanges(unwrapClearsigned(text, name), name).files;
    const paths = listed.map((each) => join(dirname(file), each.name));
    const nested = await Promise.all(paths.filter((path) => path.endsWith(".dsc")).map(listedFiles));
    return [...paths, ...nested.flat()];
  } catch {
    return [];
  }
}

/**
 * Whether a file is there, and was not made by a user, nor any directory or link on the way to it, nor may that user
 * change what is there: else it could lead root to any file. What that user has, that user may read anyway.
 */
function isOutOfReach({ uid, gid }: UserIds, file: string): boolean {
  if (!existsSync(file)) return false;
  return [file, realpathSync(file)].flatMap(wayTo).every((path) => {
    const stats = lstatSync(path);
    if (stats.uid === uid) return false;
    // In a sticky directory nobody takes another one's place.
    if (stats.isSymbolicLink() || (stats.mode & 0o1000) !== 0) return true;
    return (stats.mode & 0o002) === 0 && (stats.gid !== gid || (stats.mode & 0o020) === 0);
  });
}

/** A path and those of all directories above it. */
function wayTo(path: string): string[] {
  return path === dirname(path) ? [path] : [...wayTo(dirname(path)), path];
}

const TELL_CLOSED = `exec xargs -0 -r sh -c 'for file; do [ -r "$file" ] || printf "%s\\0" "$file"; done' sh`;

/** Those that the owner cannot read. */
function closedFiles(files: readonly string[], asOwner: AsOwner): ReadonlySet<string> {
  return new Set(asOwner(TELL_CLOSED, [], files.join("\0")).split("\0").slice(0, -1));
}

/** Besides, removes those of commands that were killed, a day later. */
const MAKE_DIRECTORY = `umask 077
mkdir -p -- "$1"
find "$1" -mindepth 1 -maxdepth 1 -name '${PREFIX}*' -mtime +0 -exec rm -rf {} +
mkdir -- "$2"`;

/** Makes a directory that only the owner may enter. */
function makeDirectory(parent: string, asOwner: AsOwner): string {
  const dir = join(parent, `${PREFIX}${process.pid}-${randomBytes(6).toString("hex")}`);
  asOwner(MAKE_DIRECTORY, [parent, dir]);
  return dir;
}

/** Copies files into a directory of their own; returns the name of the first. */
function copyGroup(group: readonly string[], dir: string, asOwner: AsOwner): string {
  for (const path of new Set(group)) copyFile(path, dir, asOwner);
  return join(dir, basename(group[0] ?? ""));
}

function copyFile(path: string, dir: string, asOwner: AsOwner): void {
  const from = openSource(path);
  if (from === undefined) return;
  try {
    asOwner('umask 077; mkdir -p -- "$1"; set -C; exec cat >"$1/$2"', [dir, basename(path)], from);
  } catch (error) {
    const reason = `${path} cannot be copied for the owner of the home: ${errorText(error)}`;
    throw new MbdError("bad_argument", { argument: "file", reason }, { cause: error });
  } finally {
    closeSync(from);
  }
}

/** Undefined when there is none: a file that is listed may be in the archive already. */
function openSource(path: string): number | undefined {
  let from: number;
  try {
    from = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  if (fstatSync(from).isFile()) return from;
  closeSync(from);
  throw new MbdError("bad_argument", { argument: "file", reason: `${path} is not a file` });
}
