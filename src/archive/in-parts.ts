/** Fewer parameters than SQLite allows in one statement. */
const ROWS = 500;

/** Parts of a list that are small enough for one statement. */
export function* inParts<T>(all: readonly T[], size = ROWS): Generator<T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}

/** What statements find for the parts of a list, together. */
export async function findInParts<T, R>(
  all: readonly T[],
  find: (some: readonly T[]) => Promise<readonly R[]>,
): Promise<R[]> {
  const found: R[] = [];
  // Not by spreading: a part may find more than a call takes arguments.
  for (const some of inParts(all)) for (const row of await find(some)) found.push(row);
  return found;
}
