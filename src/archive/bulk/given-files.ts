import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { FormatError, isFileName, parseChanges, unwrapClearsigned } from "#deb";
import { hasCode, MbdError } from "#platform";
import { reasonOf } from "../prepare-shared.ts";

/** What a file must be, as the .changes says that brought it. */
export interface Expected {
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface GivenFile {
  readonly path: string;
  readonly name: string;
  readonly expected?: Expected;
}

export interface GivenDsc extends GivenFile {
  /** The .changes that lists it, and the .buildinfo files listed there. */
  readonly changes: readonly GivenFile[];
  readonly buildinfos: readonly GivenFile[];
  readonly section?: string;
}

export interface GivenFiles {
  readonly dscs: readonly GivenDsc[];
  readonly debs: readonly GivenFile[];
}

const MAX_CHANGES_BYTES = 1024 * 1024;

/** Sorts paths by what they are; a .changes stands for what it lists, beside it. @throws MbdError bad_changes, broken_deb */
export function sortFiles(paths: readonly string[]): GivenFiles {
  const dscs = new Map<string, GivenDsc>();
  const debs = new Map<string, GivenFile>();
  for (const path of paths.filter((name) => name.endsWith(".changes"))) {
    const listed = readChanges(path);
    for (const dsc of listed.dscs) dscs.set(dsc.path, dsc);
    for (const deb of listed.debs) debs.set(deb.path, deb);
  }
  for (const path of paths.filter((name) => !name.endsWith(".changes"))) {
    const name = basename(path);
    if (!isFileName(name)) refuse(name, "its name is not allowed");
    if (/\.[ud]?deb$/.test(name)) debs.set(path, debs.get(path) ?? { path, name });
    else if (name.endsWith(".dsc")) {
      dscs.set(path, dscs.get(path) ?? { path, name, changes: [], buildinfos: [] });
    } else refuse(name, "it is no .deb, .udeb, .ddeb, .dsc or .changes");
  }
  return { dscs: [...dscs.values()], debs: [...debs.values()] };
}

function readChanges(path: string): GivenFiles {
  const name = basename(path);
  const text = readSmallFile(path, MAX_CHANGES_BYTES).toString("utf8");
  const changes = inWords(name, () => parseChanges(unwrapClearsigned(text, name), name));
  const files = changes.files.map((file) => ({
    name: file.name,
    path: join(dirname(path), file.name),
    expected: { sha256: file.sha256, sizeBytes: file.size },
    section: file.section,
  }));
  const ending = (pattern: RegExp) => files.filter((file) => pattern.test(file.name));
  const dscs = ending(/\.dsc$/).map((dsc) => ({
    ...dsc,
    changes: [{ path, name }],
    buildinfos: ending(/\.buildinfo$/),
  }));
  return { dscs, debs: ending(/\.[ud]?deb$/) };
}

function inWords<T>(changes: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new MbdError("bad_changes", { changes, reason: reasonOf(error, changes) }, { cause: error });
  }
}

/** @throws MbdError broken_deb when it is not there, no file, or larger */
export function readSmallFile(path: string, maxBytes: number): Buffer {
  const content = readIfSmall(path, maxBytes);
  if (typeof content === "number") refuse(basename(path), `it is larger than ${maxBytes} bytes`);
  return content;
}

/**
 * Bytes of a regular file, or only their number when they are more than `maxBytes`. Synchronous: for thousands of small
 * files that costs a tenth. @throws MbdError broken_deb
 */
export function readIfSmall(path: string, maxBytes: number): Buffer | number {
  const name = basename(path);
  const handle = openFile(path, name);
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile()) refuse(name, "it is not a regular file");
    if (stat.size > maxBytes) return stat.size;
    const bytes = Buffer.allocUnsafe(stat.size);
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(handle, bytes, filled, bytes.length - filled, filled);
      if (count === 0) refuse(name, "it became shorter while it was read");
      filled += count;
    }
    return bytes;
  } finally {
    closeSync(handle);
  }
}

function openFile(path: string, name: string): number {
  try {
    // A FIFO must not make this wait for a writer.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (hasCode(error, "ENOENT")) refuse(name, "it is not there");
    if (hasCode(error, "EACCES")) refuse(name, "it may not be read");
    throw error;
  }
}

export function refuse(file: string, reason: string): never {
  throw new MbdError("broken_deb", { file, reason });
}
