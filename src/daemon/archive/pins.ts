import type { ArchiveReport, ArchiveRequest } from "#api";
import type { PinnedRollback } from "#archive";
import type { ArchiveHandDeps } from "./deps.ts";

type PinRequest = Extract<ArchiveRequest, { command: "rollback-pin" }>;

/** Keeps entries of rollback lists for ever, or no longer than others again; without sources tells those that are kept. */
export async function pinEntries(
  { archive, db }: ArchiveHandDeps,
  { distribution, sources, pinned }: PinRequest,
): Promise<ArchiveReport> {
  if (sources === undefined) {
    const kept = await archive.pinnedRollbacks(distribution);
    const lines = kept.length > 0 ? kept.map(pinLine) : [`${distribution}: no rollback is pinned`];
    return { lines, result: { distribution, rollbacks: kept } };
  }
  const done = await db.write(async (tx) => {
    const all: PinnedRollback[] = [];
    for (const { source, version } of sources)
      all.push(
        await archive.pinRollback(tx, {
          ...{ distribution, source, pinned },
          ...(version === undefined ? {} : { version }),
        }),
      );
    return all;
  });
  return { lines: done.map(pinLine), result: { distribution, rollbacks: done } };
}

function pinLine({ distribution, source, version, pinned }: PinnedRollback): string {
  const kept = pinned ? "is kept whatever its age and the number of rollbacks" : "is kept as long as others";
  return `${distribution}: ${source} ${version} ${kept}`;
}
