import { randomBytes } from "node:crypto";
import { closeSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errorText, homeAt, MbdError } from "#platform";
import type { ProcessOwner, UserIds } from "../owner.ts";
import { type AsOwner, type Open, type OwnersReach, reachOfOwner } from "./owners-reach.ts";

export interface HandedOver {
  /** The files by names under which the owner of the home can read them. */
  readonly files: readonly string[];
  /** Removes the copies that were made. */
  remove(): void;
}

const PREFIX = "hand-over-";

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
  const { asOwner, open } = reachOfOwner(owner, other);
  const groups: string[][] = [];
  for (const file of files) groups.push(await groupOf(file, open));
  const closed = closedFiles(groups.flat(), asOwner);
  if (closed.size === 0) return { files, remove: () => undefined };
  const dir = makeDirectory(homeAt(home).run, asOwner);
  const remove = () => void asOwner('rm -rf -- "$1"', [dir]);
  try {
    const names = groups.map((group, index) =>
      group.some((file) => closed.has(file))
        ? copyGroup(group, join(dir, String(index)), { open, asOwner })
        : (files[index] ?? ""),
    );
    return { files: names, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/**
 * A file and what it lists. Without those that the owner could have led root to: what that user has, that user may read
 * anyway.
 */
async function groupOf(file: string, open: Open): Promise<string[]> {
  const from = open(file);
  if (from === undefined) return [];
  const group = [file];
  try {
    for (const listed of await listedFiles(file, from)) group.push(...(await groupOf(listed, open)));
  } finally {
    closeSync(from);
  }
  return group;
}

/** What a .changes or .dsc lists, which lies beside it; nothing when it cannot be understood, as is said later. */
async function listedFiles(file: string, from: number): Promise<string[]> {
  if (!/\.(?:dsc|changes)$/.test(file)) return [];
  const { parseChanges, parseDsc, unwrapClearsigned } = await import("#deb");
  try {
    const text = readFileSync(from, "utf8");
    const name = basename(file);
    const listed = file.endsWith(".dsc")
      ? parseDsc(text, name).files
      : parseChanges(unwrapClearsigned(text, name), name).files;
    // A .changes may list itself, and so without end; what a .dsc may list is known (dsc(5)).
    return listed.map((each) => join(dirname(file), each.name)).filter((path) => !path.endsWith(".changes"));
  } catch {
    return [];
  }
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
function copyGroup(group: readonly string[], dir: string, copying: OwnersReach): string {
  for (const path of new Set(group)) copyFile(path, dir, copying);
  return join(dir, basename(group[0] ?? ""));
}

function copyFile(path: string, dir: string, { open, asOwner }: OwnersReach): void {
  const from = open(path);
  if (from === undefined) throw cannotCopy(path, "it is not what it was a moment ago");
  try {
    asOwner('umask 077; mkdir -p -- "$1"; set -C; exec cat >"$1/$2"', [dir, basename(path)], from);
  } catch (error) {
    throw cannotCopy(path, errorText(error), error);
  } finally {
    closeSync(from);
  }
}

function cannotCopy(path: string, why: string, cause?: unknown): MbdError {
  const reason = `${path} cannot be copied for the owner of the home: ${why}`;
  return new MbdError("bad_argument", { argument: "file", reason }, { cause });
}
