import { type FoundFile, findBelow } from "./files.ts";

export interface PlaceDeps {
  /** Directory of the archive roots. */
  readonly repositoriesDir: string;
  /**
   * Directory with what a distribution showed at a timestamp (`20240102T030405Z`): Release and indices, made when it is
   * asked for first. Undefined where there is nothing of that time (any more).
   */
  readonly moments?: (
    repository: string,
    timestamp: string,
    distribution: string,
  ) => Promise<string | undefined>;
}

const MOMENT =
  /^(?<repository>[^/]+)\/snapshots\/(?<timestamp>[0-9]{8}T[0-9]{6}Z)\/(?:pool(?<pool>\/.*)?|dists\/(?<distribution>[^/]+)(?<rest>\/.*)?)$/;

/**
 * What `path` names below the archive roots. `<repository>/snapshots/<timestamp>/` is an earlier moment (archive.md,
 * layout): its pool is the pool, which only grows; its `dists` are made on demand.
 */
export async function findPlace(deps: PlaceDeps, path: string): Promise<FoundFile | undefined> {
  const moment = MOMENT.exec(path)?.groups;
  if (deps.moments === undefined || moment === undefined) return await findBelow(deps.repositoriesDir, path);
  const { repository = "", timestamp = "", distribution, pool = "", rest = "" } = moment;
  if (distribution === undefined) return await findBelow(deps.repositoriesDir, `${repository}/pool${pool}`);
  const known = await findBelow(deps.repositoriesDir, `${repository}/dists/${distribution}`);
  if (known === undefined) return undefined;
  const directory = await deps.moments(repository, timestamp, distribution);
  return directory === undefined ? undefined : await findBelow(directory, rest.replace(/^\//, ""));
}
