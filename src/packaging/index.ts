export { type BuildHooks, createBuildHooks } from "./build-hooks.ts";
export { cancel, planCancel } from "./cancel.ts";
export { type Completion, createCompletion, OPTIONAL_WAIT_JOB } from "./completion.ts";
export { createDebdiff, type DebdiffRequest } from "./debdiff.ts";
export { describeBuild } from "./describe-build.ts";
export type { EngineState } from "./engine-state.ts";
export { createEngineSwitch, type EngineSwitch } from "./engine-switch.ts";
export { createInstallJob } from "./install.ts";
export { createOptionalWaitJob } from "./optional-wait.ts";
export {
  createMigrateJob,
  createPortEnds,
  createPortJob,
  isTestPackage,
  type KeyringQuestion,
  keyringTargets,
  makeKeyringPackages,
  makeTestPackages,
  type PortAnswer,
  type PortExtRequest,
  type PortQuestion,
  planPort,
  port,
  portExt,
  sweepPorts,
  type TestPackage,
  testReports,
  testTargets,
  waitForReports,
} from "./ports/index.ts";
export { createPrepareJob } from "./prepare.ts";
export { setPriority } from "./priority.ts";
export {
  type Queue,
  type QueueEntry,
  type QueueOptions,
  readQueue,
  usualSeconds,
  type WaitReasons,
  waitReasons,
} from "./queue.ts";
export { createRetention, type Expiry, type Retention } from "./retention.ts";
export { retentionLines, retentionSummary } from "./retention-lines.ts";
export { planRetry, type RetryAnswer, retry } from "./retry.ts";
export { sourceLimits } from "./source-limits.ts";
export { createSourceTool } from "./source-sandbox.ts";
export { PACKAGING_TRANSITIONS, UPLOAD_TRANSITIONS } from "./states.ts";
export { createVerifyJob } from "./verify.ts";
