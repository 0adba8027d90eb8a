import { MbdError } from "#platform";

const NAME = /^[a-z0-9][a-z0-9.+~-]{0,63}$/;

/** What a snapshot may be called. It becomes a directory, part of an address, and part of the Suite in Release. */
export function isSnapshotName(name: string): boolean {
  // Names with that ending are of unfinished files, which nobody is shown.
  return NAME.test(name) && !name.endsWith(".new");
}

/** @throws MbdError bad_argument */
export function checkSnapshotName(name: string): void {
  if (isSnapshotName(name)) return;
  const rule =
    "1 to 64 lower-case letters, digits and .+~-, a letter or digit first, and not .new at the end";
  throw new MbdError("bad_argument", {
    argument: "name",
    reason: `${JSON.stringify(name.slice(0, 100))} is not the name of a snapshot (${rule})`,
  });
}

/** Suite of a named snapshot; Codename and Label stay those of the distribution (names-and-versions, section 2). */
export function snapshotSuite(distribution: string, name: string): string {
  return `${distribution}/snapshots/${name}`;
}
