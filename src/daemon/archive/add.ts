import type { ArchiveIo, ArchiveReport, ArchiveRequest } from "#api";
import type { ChangeRequest, PreparedPackage } from "#archive";
import { parseDistribution } from "#deb";
import { MbdError } from "#platform";
import { change } from "./changes.ts";
import type { ArchiveHandDeps } from "./deps.ts";

type AddRequest = Extract<ArchiveRequest, { command: "add" }>;

/** Some 200,000 packages. */
const MAX_HELD_BYTES = 768 * 1024 * 1024;

/**
 * Puts files into a distribution: sources with what was built from them as releases, other packages beside them. All
 * files are read and checked before anything changes, and all of them come at once: until then their stanzas are held,
 * up to a limit, but not their lists of paths. @throws MbdError too_large
 */
export async function add(
  deps: ArchiveHandDeps,
  request: AddRequest,
  io: ArchiveIo,
  maxHeldBytes = MAX_HELD_BYTES,
): Promise<ArchiveReport> {
  const { distribution, component, force } = request;
  const repository = await checkTarget(deps, distribution);
  const changes: ChangeRequest[] = [];
  const held = createHeld(maxHeldBytes);
  const loose = new Map<string, PreparedPackage[]>();
  const batches = deps.archive.preparePackages(io.files, {
    repository,
    ...(component === undefined ? {} : { component }),
    signal: io.signal,
    // Kept at once, whatever becomes of the rest: lists that no package needs go with the next collection.
    takePaths: async (lists) => {
      if (request.dryRun !== true) await deps.db.write((tx) => deps.archive.storePaths(tx, lists));
    },
    onProgress: ({ done, total }) => io.progress({ what: "reading", done, total }),
  });
  for await (const batch of batches) {
    held.count([...batch.packages, ...batch.releases.flatMap(({ packages }) => packages)]);
    for (const release of batch.releases)
      changes.push({ kind: "install", distribution, release, force: force === true });
    const packages = loose.get(batch.component) ?? [];
    loose.set(batch.component, packages);
    for (const item of batch.packages) packages.push(item);
  }
  const lower = force === true ? "replace" : "refuse";
  for (const [name, packages] of loose) {
    if (packages.length > 0) changes.push({ kind: "add", distribution, component: name, packages, lower });
  }
  // Whoever no longer waits has not been told of a change, so there must be none.
  io.signal.throwIfAborted();
  io.progress({ what: "publishing", done: 0, total: 0 });
  return await change(deps, changes, request);
}

/** What is held of a package besides the text of its stanza, about. */
const OVERHEAD_BYTES = 2048;

/** Counts what is held until all changes at once. @throws MbdError too_large */
function createHeld(limit: number) {
  let bytes = 0;
  return {
    count(packages: readonly PreparedPackage[]): void {
      for (const { stanza } of packages) bytes += stanza.length + OVERHEAD_BYTES;
      if (bytes > limit)
        throw new MbdError("too_large", { what: "What one command holds of its packages", limit });
    },
  };
}

/** Before files are read, of which there may be many. Returns the repository. */
async function checkTarget({ archive }: ArchiveHandDeps, distribution: string): Promise<string> {
  if (parseDistribution(distribution) === undefined) throw new MbdError("bad_distribution", { distribution });
  const known = await archive.distribution(distribution);
  if (known === undefined) throw new MbdError("not_found", { what: `Distribution '${distribution}'` });
  if (known.kind === "rollback") throw new MbdError("is_rollback", { distribution });
  return known.repository;
}
