import { BuildResult, type CheckTool, openLog } from "#builds";
import type { Database } from "#db";
import { type BlobStore, type Home, statOrUndefined } from "#platform";

interface LogAccessDeps {
  readonly db: Database;
  readonly home: Home;
}

const ENDED = ["BUILT", "SKIPPED", "FAILED", "CANCELLED"];

/** The log of a build, or of one of its checks, for HTTP and pages. `ended`: no more will come. */
export async function openBuildLog(
  { db, home }: LogAccessDeps,
  buildId: number,
  from: number,
  tool?: CheckTool,
) {
  const build = await db.read
    .selectFrom("build")
    .select(["bkey", "state"])
    .where("id", "=", buildId)
    .executeTakeFirst();
  if (build === undefined) return undefined;
  const part = await openLog({ home, buildId, bkey: build.bkey, tool }, from);
  return part === undefined
    ? undefined
    : { stream: part.stream, ended: ENDED.includes(build.state) && !part.live };
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
