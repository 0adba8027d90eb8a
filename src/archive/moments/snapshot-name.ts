import { isSnapshotName, SNAPSHOT_NAME_RULE } from "#deb";
import { MbdError } from "#platform";

/** @throws MbdError bad_argument */
export function checkSnapshotName(name: string): void {
  if (isSnapshotName(name)) return;
  throw new MbdError("bad_argument", {
    argument: "name",
    reason: `${JSON.stringify(name.slice(0, 100))} is not the name of a snapshot (${SNAPSHOT_NAME_RULE})`,
  });
}

/** Suite of a named snapshot; Codename and Label stay those of the distribution (names-and-versions, section 2). */
export function snapshotSuite(distribution: string, name: string): string {
  return `${distribution}/snapshots/${name}`;
}
