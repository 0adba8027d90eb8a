import type { ChunkStore } from "../chunks/index.ts";
import { ChunkLost } from "../chunks/index.ts";
import {
  changeLines,
  contentsOwner,
  cutContents,
  type Owned,
  ownerChanges,
  parseContents,
} from "./contents-lines.ts";
import { type ChunkEntry, type Draft, replaceRanges, touchedRanges } from "./drafts.ts";
import { belongsTo, type IndexRule } from "./index-rules.ts";
import { listedPaths, type PathDeps } from "./path-lists-at.ts";
import { type ContentsPackage, contentsOfNames, type State } from "./state-store.ts";

export interface ContentsDeps extends PathDeps {
  readonly chunks: ChunkStore;
}

/** What packages of touched names were and are: all of Contents that a change can change. */
export interface ContentsChange {
  readonly before: readonly ContentsPackage[];
  readonly after: readonly ContentsPackage[];
}

export async function contentsChange(
  before: State,
  after: State,
  names: ReadonlySet<string>,
): Promise<ContentsChange> {
  const all = [...names];
  return { before: await contentsOfNames(before, all), after: await contentsOfNames(after, all) };
}

/**
 * An index of Contents after a change. Owners of a path are packages by name, so comparing all packages of the touched
 * names, before and after, tells which lines change, also where versions of a package share a path.
 * @throws ChunkLost
 */
export async function changeContents(
  deps: ContentsDeps,
  rule: IndexRule,
  chunks: readonly ChunkEntry[],
  change: ContentsChange,
): Promise<readonly Draft[]> {
  const before = change.before.filter((item) => belongsTo(rule, item));
  const after = change.after.filter((item) => belongsTo(rule, item));
  if (sameOwners(before, after)) return chunks;
  const lists = await listedPaths(deps, [...before, ...after]);
  const changes = ownerChanges(owned(before, lists), owned(after, lists));
  if (changes.size === 0) return chunks;
  const replaced = [];
  for (const range of touchedRanges(chunks, changes.keys())) {
    const texts = await Promise.all(chunks.slice(range.start, range.end).map((chunk) => textOf(deps, chunk)));
    const lines = texts.flatMap(parseContents);
    const own = new Map([...changes].filter(([path]) => isWithin(path, range)));
    replaced.push({ range, chunks: cutContents(changeLines(lines, own), rule.keysPerChunk) });
  }
  return replaceRanges(chunks, replaced);
}

function sameOwners(a: readonly ContentsPackage[], b: readonly ContentsPackage[]): boolean {
  const key = ({ sha256, section, name }: ContentsPackage) => `${sha256} ${section} ${name}`;
  const keys = new Set(a.map(key));
  const others = new Set(b.map(key));
  return keys.size === others.size && [...keys].every((item) => others.has(item));
}

function owned(packages: readonly ContentsPackage[], lists: ReadonlyMap<string, readonly string[]>): Owned[] {
  return packages.flatMap(({ section, name, kind, sha256 }) => {
    const owner = ownerOf({ section, name, kind });
    return (lists.get(sha256) ?? []).map((path) => ({ path, owner }));
  });
}

/** Sources go by their name alone, as in Debian's archive. */
export function ownerOf({ section, name, kind }: Pick<ContentsPackage, "section" | "name" | "kind">): string {
  return kind === "dsc" ? name : contentsOwner(section, name);
}

async function textOf(deps: ContentsDeps, { ref }: ChunkEntry): Promise<Buffer> {
  const text = await deps.chunks.text(ref);
  if (text === undefined) throw new ChunkLost(ref.sha256);
  return text;
}

function isWithin(path: string, range: { from: string | undefined; until: string | undefined }): boolean {
  return (
    (range.from === undefined || path >= range.from) && (range.until === undefined || path < range.until)
  );
}
