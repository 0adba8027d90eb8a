import { openLog } from "#builds";
import type { Database } from "#db";
import type { Home } from "#platform";

interface LogAccessDeps {
  readonly db: Database;
  readonly home: Home;
}

const ENDED = ["BUILT", "SKIPPED", "FAILED", "CANCELLED"];

/** The log of a build by its number, for HTTP and pages. `ended`: no more will come. */
export async function openBuildLog({ db, home }: LogAccessDeps, buildId: number, from: number) {
  const build = await db.read
    .selectFrom("build")
    .select(["bkey", "state"])
    .where("id", "=", buildId)
    .executeTakeFirst();
  if (build === undefined) return undefined;
  const part = await openLog({ home, buildId, bkey: build.bkey }, from);
  return part === undefined
    ? undefined
    : { stream: part.stream, ended: ENDED.includes(build.state) && !part.live };
}
