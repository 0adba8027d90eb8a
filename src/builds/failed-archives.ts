import { join } from "node:path";
import { unfetchedAddress } from "#deb";
import { BuildDescription } from "./build-description.ts";
import type { BuildResult } from "./build-result.ts";
import { forEachLine } from "./log-file.ts";
import { type RunnerResult, type RunnerTask, WORK_FILES } from "./runner/task.ts";

/** Steps of sbuild in which apt fetches, and no code of the package has run yet that could print anything. */
const FETCHING = /^(?:install-deps|apt-get-update|run-[a-z-]+-commands)$/;
/** What apt could not fetch. */
export interface Unfetched {
  /** Archives, as the build names them. */
  readonly archives: readonly string[];
  /** Addresses in them. */
  readonly files: readonly string[];
}

/** So many are told of at most. */
const MOST_FILES = 1000;

/**
 * What apt could not fetch of the configured archives, or found to be wrong, when that is why the builder failed. Never
 * the own repositories; and of what the log names, nothing else.
 */
export async function failedArchives(
  workDir: string,
  task: RunnerTask,
  raw: RunnerResult,
  result: Pick<BuildResult, "class" | "failStage">,
): Promise<Unfetched> {
  if (result.class !== "builder" || !FETCHING.test(result.failStage ?? ""))
    return { archives: [], files: [] };
  const { base, extra } = BuildDescription.parse(task.description).apt;
  const known = new Set([base, ...extra].flatMap(({ uris }) => uris));
  const archives = new Set<string>();
  const files = new Set<string>();
  await forEachLine(
    join(workDir, WORK_FILES.log),
    (line) => {
      const address = unfetchedAddress(line);
      if (address === undefined) return;
      // apt names an archive without the slash at its end.
      const of = [...known].filter((archive) => `${address}/`.startsWith(archive));
      for (const archive of of) archives.add(archive);
      if (of.length > 0 && files.size < MOST_FILES) files.add(address);
    },
    raw.log,
  );
  return { archives: [...archives], files: [...files] };
}
