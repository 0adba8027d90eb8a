import { BuildResult, type CheckTool, isWorking, keptAttempts, openLog } from "#builds";
import type { Database } from "#db";
import { type BlobStore, type Home, statOrUndefined } from "#platform";

interface LogAccessDeps {
  readonly db: Database;
  readonly home: Home;
}

/** The log of a build, of one of its checks or its attempts, for HTTP and pages. `ended`: no more will come. */
export async function openBuildLog(
  { db, home }: LogAccessDeps,
  buildId: number,
  from: number,
  tool?: CheckTool,
  attempt?: number,
) {
  const build = await db.read
    .selectFrom("build")
    .select(["bkey", "state"])
    .where("id", "=", buildId)
    .executeTakeFirst();
  if (build === undefined) return undefined;
  const working = isWorking(build.state);
  const part = await openLog({ home, buildId, bkey: build.bkey, tool, attempt, working }, from);
  // A build that waits shows the log of its last attempt, which grows no more.
  return part === undefined ? undefined : { stream: part.stream, ended: !part.live && !working };
}

/** Numbers of the attempts of a build that ended before its last, and left a log; newest first. */
export async function attemptsOf({ db, home }: LogAccessDeps, buildId: number): Promise<readonly number[]> {
  const build = await db.read.selectFrom("build").select("bkey").where("id", "=", buildId).executeTakeFirst();
  return build === undefined ? [] : await keptAttempts(home, build.bkey);
}

/** A file that a build left, by its exact name; the content is the blob. */
export async function findArtefact(
  { db, blobs }: { readonly db: Database; readonly blobs: BlobStore },
  buildId: number,
  name: string,
): Promise<{ path: string; sizeBytes: number } | undefined> {
  const build = await db.read
    .selectFrom("build")
    .select("result")
    .where("id", "=", buildId)
    .executeTakeFirst();
  if (build?.result == null) return undefined;
  const file = BuildResult.parse(JSON.parse(build.result)).files.find((each) => each.name === name);
  if (file === undefined) return undefined;
  const path = blobs.path(file.sha256);
  return (await statOrUndefined(path)) === undefined ? undefined : { path, sizeBytes: file.sizeBytes };
}
