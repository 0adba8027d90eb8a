export { type CheckOptions, type CheckProgress, type CheckReport, checkArchive } from "./check.ts";
export type { VerifyRelease } from "./check-release.ts";
export type { ExpiredRollback } from "./expire.ts";
export type { Finding, FindingKind } from "./finding.ts";
export { collectGarbage, type GcOptions, type GcProgress, type GcReport } from "./gc.ts";
export { type Pin, pinMoment } from "./pin.ts";
export { chosenDistributions, reindex, renewDue } from "./republish.ts";
