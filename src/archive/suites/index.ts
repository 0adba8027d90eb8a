export { applyChange, installRelease, planChange } from "./apply-change.ts";
export type * from "./change-request.ts";
export {
  claimPublish,
  distributionNamed,
  distributionsOf,
  findDistribution,
  finishPublish,
  type PublishResult,
  rollbacksOf,
  updateDistribution,
} from "./distribution-store.ts";
export { ensureDistribution } from "./distributions.ts";
export { chooseFound } from "./draft-rules.ts";
export { type ContentRow, contentAt, NOW } from "./membership-store.ts";
export { FORGOTTEN, PUBLISH_KIND, takePublish, wantPublish } from "./publish-store.ts";
export { changedRetention, type RetentionChange, setRetention } from "./retention-option.ts";
export { type PinnedRollback, pinnedRollbacks, pinRollback, type RollbackPin } from "./rollback-pin.ts";
export { ownersQuery } from "./state-store.ts";
