export { type AptFile, aptEnvironment } from "./apt-environment.ts";
export * from "./build-description.ts";
export * from "./build-result.ts";
export {
  BUILD_STATES,
  BUILD_TRANSITIONS,
  type BuildState,
  END_STATES,
  isWorking,
  WORKING_STATES,
} from "./build-states.ts";
export { type BuildRow, findBuild, openBuilds, wakeBuild } from "./build-store.ts";
export {
  BUILD_JOB,
  type BuildWorker,
  buildSubject,
  cancelBuild,
  createBuildWorker,
  enqueueBuild,
  wakeHeldBuilds,
} from "./build-worker.ts";
export { useDelegatedGroup } from "./cgroup-delegation.ts";
export { findCgroupPlaces } from "./cgroup-places.ts";
export { type Coming, missingOf, waitText } from "./dep-wait.ts";
export { findErrorLines } from "./error-lines.ts";
export { copyKept, KEPT_LOG, keptAttempts, keptDir, workDirOf } from "./kept-files.ts";
export { followLog, type LogPart, type LogPlace, openLog } from "./live-log.ts";
export { isFailOnOption, PATTERNS } from "./patterns.ts";
export { cleanLeftovers } from "./runner/leftovers.ts";
export { type CgroupPlaces, CHECK_TOOLS, type CheckTool } from "./runner/task.ts";
export { tarballsInUse } from "./tarballs-in-use.ts";
export type { BuildWorkerDeps } from "./worker-deps.ts";
