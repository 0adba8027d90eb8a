import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { homeAt, MbdError } from "#platform";
import type { ProcessOwner } from "../owner.ts";

export interface HandedOver {
  /** The files by names under which the owner of the home can read them. */
  readonly files: readonly string[];
  /** Removes the copies that were made. */
  remove(): void;
}

const PREFIX = "hand-over-";

/**
 * Root may name files that the owner of the home cannot read: those are copied into a private directory of the home,
 * each together with the files that it lists. The copies are written with the rights of the owner, so that no link in
 * a directory of that user leads root astray. All other files are left where they are.
 */
export async function handOver(
  owner: ProcessOwner,
  home: string,
  files: readonly string[],
): Promise<HandedOver> {
  const stats = files.length === 0 || owner.uid() !== 0 ? undefined : await stat(home);
  if (stats === undefined || stats.uid === 0) return { files, remove: () => undefined };
  const groups: string[][] = [];
  for (const file of files) groups.push([file, ...(await listedFiles(file))]);
  const asOwner = <T>(work: () => T): T => owner.as(stats.uid, stats.gid, work);
  const closed = asOwner(() => groups.map((group) => group.some(isClosed)));
  if (!closed.includes(true)) return { files, remove: () => undefined };
  const dir = asOwner(() => makeDirectory(homeAt(home).run));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  try {
    const names = groups.map((group, index) =>
      closed[index] === true ? copyGroup(group, join(dir, String(index)), asOwner) : group[0],
    );
    return { files: names.filter((name) => name !== undefined), remove };
  } catch (error) {
    asOwner(remove);
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

/** Exists, and cannot be read; what does not exist is found out later. */
function isClosed(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM");
  }
}

/** Makes a directory that only the owner may enter, and removes those of commands that were killed. */
function makeDirectory(parent: string): string {
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(parent)) {
    const pid = Number(new RegExp(`^${PREFIX}([0-9]+)-`).exec(name)?.[1]);
    if (Number.isInteger(pid) && !isAlive(pid)) rmSync(join(parent, name), { recursive: true, force: true });
  }
  const dir = join(parent, `${PREFIX}${process.pid}-${randomBytes(6).toString("hex")}`);
  mkdirSync(dir, { mode: 0o700 });
  return dir;
}

/** Of a process that exists but is somebody else's, kill says EPERM. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Copies files into a directory of their own; returns the name of the first. */
function copyGroup(
  group: readonly string[],
  dir: string,
  asOwner: <T>(work: () => T) => T,
): string | undefined {
  asOwner(() => mkdirSync(dir, { mode: 0o700 }));
  const copies = [...new Set(group)].map((path) => copyFile(path, join(dir, basename(path)), asOwner));
  return copies[0];
}

const BUFFER_BYTES = 1024 * 1024;

function copyFile(path: string, copy: string, asOwner: <T>(work: () => T) => T): string {
  const from = openSource(path);
  if (from === undefined) return copy;
  const to = asOwner(() => openSync(copy, "wx", 0o600));
  try {
    const buffer = Buffer.alloc(BUFFER_BYTES);
    for (let read = readSync(from, buffer); read > 0; read = readSync(from, buffer)) {
      for (let at = 0; at < read; ) at += writeSync(to, buffer, at, read - at);
    }
    return copy;
  } finally {
    closeSync(from);
    closeSync(to);
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
