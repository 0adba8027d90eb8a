import type { Row } from "#db";
import { type SourceFacts, sourceTrouble } from "#sources";
import type { EngineState } from "./engine-state.ts";

/** What it depends on whether a waiting build begins; all of it is in rows, but the engine's switch. */
export interface WaitFacts {
  readonly engine: EngineState;
  readonly now: Date;
  /** The sources of its distribution, the base first. */
  readonly sources: readonly SourceFacts[];
  readonly chroot: Pick<Row<"chroot">, "state" | "tarball" | "error"> | undefined;
  /** Its job, while that is queued. */
  readonly job: Pick<Row<"job">, "run_after" | "error"> | undefined;
  /** Builds that get a slot before it. */
  readonly before: number;
}

export type WaitingBuild = Pick<Row<"build">, "state" | "codename" | "arch" | "message" | "attempt">;

/** Why a build that is QUEUED or in DEP_WAIT waits, in one line without a full stop. */
export function waitReason(build: WaitingBuild, facts: WaitFacts): string {
  const { engine, now, sources, chroot, job, before } = facts;
  if (build.state === "DEP_WAIT") return build.message ?? "waits for build dependencies";
  if (engine !== "running") return engine === "stopped" ? "the engine is stopped" : "the engine drains";
  const trouble = sources.map(sourceTrouble).find((why) => why !== undefined);
  if (trouble !== undefined) return trouble;
  if (chroot?.tarball == null) return chrootTrouble(build, chroot);
  if (job !== undefined && Date.parse(job.run_after) > now.getTime()) return pause(build, job);
  return before === 0 ? "waits for a free slot, next in turn" : `waits for a free slot, ${before} before it`;
}

function chrootTrouble({ codename, arch }: WaitingBuild, chroot: WaitFacts["chroot"]): string {
  const name = `${codename} ${arch}`;
  if (chroot === undefined) return `there is no chroot for ${name} yet`;
  if (chroot.state === "making") return `the chroot for ${name} is being made`;
  if (chroot.state === "missing") return `the chroot for ${name} is not made yet`;
  return `the chroot for ${name} does not work${because(chroot.error)}`;
}

function pause({ attempt }: WaitingBuild, { run_after, error }: Pick<Row<"job">, "run_after" | "error">) {
  const until = `${run_after.slice(11, 16)} UTC`;
  const what = attempt > 0 ? `pause after builder failure until ${until}` : `tried again at ${until}`;
  return `${what}${because(error)}`;
}

function because(error: string | null): string {
  return error === null || error === "" ? "" : `: ${error}`;
}
