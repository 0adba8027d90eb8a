import type { Executor, Row } from "#db";

/** Why a build waits, in one line; undefined when it does not. */
export type WaitReasons = ReadonlyMap<number, string>;

type Waiting = Pick<Row<"build">, "id" | "state" | "codename" | "arch" | "message">;

/** Says for each waiting build what it waits for: its chroot, a pause after an error, dependencies, or its turn. */
export async function waitReasons(
  db: Executor,
  builds: readonly Waiting[],
  now: Date,
  engine: "running" | "draining" | "stopped",
): Promise<WaitReasons> {
  const waiting = builds.filter(({ state }) => state === "QUEUED" || state === "DEP_WAIT");
  if (waiting.length === 0) return new Map();
  const chroots = await db.selectFrom("chroot").selectAll().limit(200).execute();
  const jobs = await db
    .selectFrom("job")
    .select(["subject", "run_after", "error"])
    .where("kind", "=", "build")
    .where("state", "=", "queued")
    .where(
      "subject",
      "in",
      waiting.map(({ id }) => `build:${id}`),
    )
    .execute();
  const reasonOf = (build: Waiting): string => {
    if (build.state === "DEP_WAIT") return build.message ?? "waits for build dependencies";
    if (engine !== "running") return `the engine is ${engine}`;
    const chroot = chroots.find((row) => row.codename === build.codename && row.arch === build.arch);
    if (chroot?.tarball == null) return chrootReason(build, chroot);
    const job = jobs.find((row) => row.subject === `build:${build.id}`);
    if (job !== undefined && Date.parse(job.run_after) > now.getTime())
      return `tried again at ${job.run_after.slice(11, 16)} UTC${job.error === null ? "" : `: ${job.error}`}`;
    return "waits for a free slot";
  };
  return new Map(waiting.map((build) => [build.id, reasonOf(build)]));
}

function chrootReason(build: Waiting, chroot: Row<"chroot"> | undefined): string {
  const name = `${build.codename} ${build.arch}`;
  if (chroot === undefined) return `there is no chroot for ${name} yet`;
  if (chroot.state === "making") return `the chroot for ${name} is being made`;
  return `the chroot for ${name} does not work${chroot.error === null ? "" : `: ${chroot.error}`}`;
}
