import { availableParallelism } from "node:os";

/**
 * Runs work for each item, for so many at once (unless told otherwise, as there are processors), and returns what it gave
 * in the order of the items. Begins no more when one fails, and throws when what had begun has ended: the failure of the
 * first of these items.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  run: (item: T) => Promise<R>,
  atOnce: number = availableParallelism(),
): Promise<R[]> {
  const waiting = items.entries();
  const results: R[] = [];
  const failures = new Map<number, unknown>();
  const worker = async (): Promise<void> => {
    for (const [at, item] of waiting) {
      if (failures.size > 0) return;
      try {
        results[at] = await run(item);
      } catch (error) {
        failures.set(at, error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(items.length, atOnce) }, worker));
  if (failures.size > 0) throw failures.get(Math.min(...failures.keys()));
  return results;
}
