import { join } from "node:path";
import { BuildDescription } from "./build-description.ts";
import type { BuildResult } from "./build-result.ts";
import { forEachLine } from "./log-file.ts";
import { type RunnerResult, type RunnerTask, WORK_FILES } from "./runner/task.ts";

/** Steps of sbuild in which apt fetches, and no code of the package has run yet that could print anything. */
const FETCHING = /^(?:install-deps|apt-get-update|run-[a-z-]+-commands)$/;
/** `Err:1 http://archive.example.org/debian bookworm InRelease`, `E: Failed to fetch http://… 503 …` */
const UNFETCHED = /^(?:Err:[0-9]+|[EW]: Failed to fetch) (https?:\/\/\S{1,2000})/;

/**
 * The configured archives (as the build names them) that apt could not fetch from, when that is why the builder failed.
 * Never the own repositories; and of what the log names, nothing else.
 */
export async function failedArchives(
  workDir: string,
  task: RunnerTask,
  raw: RunnerResult,
  result: Pick<BuildResult, "class" | "failStage">,
): Promise<string[]> {
  if (result.class !== "builder" || !FETCHING.test(result.failStage ?? "")) return [];
  const { base, extra } = BuildDescription.parse(task.description).apt;
  const archives = new Set([base, ...extra].flatMap(({ uris }) => uris));
  const failed = new Set<string>();
  await forEachLine(
    join(workDir, WORK_FILES.log),
    (line) => {
      const address = UNFETCHED.exec(line)?.[1];
      if (address === undefined) return;
      // apt names an archive without the slash at its end.
      for (const archive of archives) if (`${address}/`.startsWith(archive)) failed.add(archive);
    },
    raw.log,
  );
  return [...failed];
}
