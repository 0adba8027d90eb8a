import { splitAtBorders } from "../chunks/index.ts";
import type { NewChunk } from "./drafts.ts";

/** Lines of Contents. Paths are bytes of any coding: here one byte for each character, whose order is that of bytes. */

/** A path with a package that has it. */
export interface Owned {
  readonly path: string;
  readonly owner: string;
}

/** What a change does to the owners of a path. */
export interface OwnerChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

export interface ContentsLine {
  readonly path: string;
  readonly line: string;
}

/**
 * How Contents name a package: `[section/]name`. The section as the package has it: those of Debian's contrib and
 * non-free carry the area in it (`contrib/net`), and nothing is put in front of others, as the format page calls the
 * area deprecated. A section that would break the line is left out.
 */
export function contentsOwner(section: string, name: string): string {
  return /^[!-+\--~]+$/.test(section) ? `${section}/${name}` : name;
}

/** One line, ended: path, a blank, owners in order of their bytes with commas between. */
export function contentsLine(path: string, owners: Iterable<string>): ContentsLine {
  return { path, line: `${path} ${[...new Set(owners)].sort().join(",")}\n` };
}

/** The owners follow the last blank; paths may hold blanks, owners not. */
export function parseContents(text: Buffer): ContentsLine[] {
  const lines = text.toString("latin1").split("\n");
  lines.pop();
  return lines.map((line) => ({ path: line.slice(0, line.lastIndexOf(" ")), line: `${line}\n` }));
}

/** Lines in order of their paths after a change. */
export function changeLines(
  lines: readonly ContentsLine[],
  changes: ReadonlyMap<string, OwnerChange>,
): ContentsLine[] {
  const pending = [...changes].sort(([a], [b]) => (a < b ? -1 : 1));
  const result: ContentsLine[] = [];
  let next = 0;
  const put = (path: string, owners: readonly string[], change: OwnerChange) => {
    const left = [...owners.filter((owner) => !change.remove.includes(owner)), ...change.add];
    if (left.length > 0) result.push(contentsLine(path, left));
  };
  for (const line of lines) {
    for (let entry = pending[next]; entry !== undefined && entry[0] < line.path; entry = pending[++next]) {
      put(entry[0], [], entry[1]);
    }
    const entry = pending[next];
    if (entry?.[0] !== line.path) {
      result.push(line);
      continue;
    }
    next += 1;
    put(line.path, line.line.slice(line.path.length + 1, -1).split(","), entry[1]);
  }
  for (const [path, change] of pending.slice(next)) put(path, [], change);
  return result;
}

export function cutContents(lines: readonly ContentsLine[], linesPerChunk: number): NewChunk[] {
  return splitAtBorders(lines, ({ path }) => path, linesPerChunk).map(({ key, items }) => ({
    key,
    text: Buffer.from(items.map(({ line }) => line).join(""), "latin1"),
  }));
}

/** What makes one set of (path, owner) from another. */
export function ownerChanges(before: readonly Owned[], after: readonly Owned[]): Map<string, OwnerChange> {
  const key = ({ path, owner }: Owned) => `${path}\0${owner}`;
  const had = new Set(before.map(key));
  const has = new Set(after.map(key));
  const changes = new Map<string, { add: string[]; remove: string[] }>();
  const note = (kind: "add" | "remove", item: string) => {
    const [path = "", owner = ""] = item.split("\0");
    const change = changes.get(path) ?? { add: [], remove: [] };
    change[kind].push(owner);
    changes.set(path, change);
  };
  for (const item of had) if (!has.has(item)) note("remove", item);
  for (const item of has) if (!had.has(item)) note("add", item);
  return changes;
}
