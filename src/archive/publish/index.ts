export {
  currentGeneration,
  currentNumber,
  type DistributionPaths,
  distributionPaths,
  type Generation,
  newestGenerations,
  readGeneration,
} from "./generation.ts";
export { chunksOf, type Manifest, readManifest } from "./manifest.ts";
export { publishJob } from "./publish-job.ts";
export {
  needsRenewal,
  PUBLISH_STEPS,
  type PublisherDeps,
  type PublishStep,
  publishDistribution,
} from "./publisher.ts";
export { type RenderDeps, renderState } from "./render.ts";
export { type SigningOptions, syncTree, writeSignedRelease } from "./signed-release.ts";
export type { RenderBase } from "./write-state.ts";
