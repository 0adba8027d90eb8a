import { type BlobStore, errorText, type Log, statOrUndefined } from "#platform";
import { readDscBlob } from "./verify-payload.ts";

/** Names of the binary packages of a stored .dsc; none of one that cannot be read. */
export type BinaryNames = (dsc: {
  readonly name: string;
  readonly sha256: string;
}) => Promise<readonly string[]>;

/** Of all names that are remembered, and what an entry takes besides. */
const KEPT_CHARACTERS = 8 * 1024 ** 2;
const ENTRY_CHARACTERS = 100;
/** Of those that cannot be read. */
const MOST_TOLD = 1000;

/** Remembers what it read: a .dsc that has this sum never changes, and is asked for again at every look. */
export function createBinaryNames(
  { blobs, log }: { readonly blobs: BlobStore; readonly log: Pick<Log, "warn"> },
  keptCharacters = KEPT_CHARACTERS,
): BinaryNames {
  const kept = new Map<string, readonly string[]>();
  const told = new Set<string>();
  let characters = 0;

  function keep(sha256: string, names: readonly string[]): void {
    characters += weightOf(names) - (kept.has(sha256) ? weightOf(kept.get(sha256) ?? []) : 0);
    kept.set(sha256, names);
    for (const [oldest, theirs] of kept) {
      if (characters <= keptCharacters) return;
      kept.delete(oldest);
      characters -= weightOf(theirs);
    }
  }

  return async ({ name, sha256 }) => {
    const known = kept.get(sha256);
    if (known !== undefined) return known;
    try {
      const size = (await statOrUndefined(blobs.path(sha256)))?.size;
      if (size === undefined) throw new Error("it is not in the store");
      const { binaries, packageList } = await readDscBlob(blobs, { name, sha256, size });
      const names = [...new Set([...binaries, ...(packageList ?? []).map((entry) => entry.package)])];
      keep(sha256, names);
      return names;
    } catch (error) {
      // What it would bring is not waited for; nothing else is harmed. Told once, as looks are many.
      if (told.size >= MOST_TOLD) told.clear();
      const about = { dsc: name, sha256, reason: errorText(error) };
      if (!told.has(sha256)) log.warn(about, "the binary packages of a .dsc are not known");
      told.add(sha256);
      return [];
    }
  };
}

function weightOf(names: readonly string[]): number {
  return names.reduce((sum, name) => sum + name.length, ENTRY_CHARACTERS);
}
