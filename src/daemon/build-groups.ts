import { findCgroupPlaces, useDelegatedGroup } from "#builds";
import type { Database } from "#db";
import type { Log } from "#platform";
import { writeSetting } from "./identity.ts";

/** Before any runner is started: control groups for builds, where the machine has them, and a word in `status` where not. */
export async function openBuildGroups({
  db,
  log,
}: {
  readonly db: Database;
  readonly log: Log;
}): Promise<void> {
  const reason = useDelegatedGroup();
  if (reason !== undefined) log.warn({ reason }, "builds get no control groups of their own");
  const { v2, memory } = findCgroupPlaces();
  const kept = v2 === undefined && memory === undefined ? "no" : "yes";
  await db.write((tx) => writeSetting(tx, "memory_limit", kept));
}
