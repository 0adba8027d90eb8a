export { type AutoPortDeps, autoPortsOf, recordRefused, reserveAutoPorts } from "./auto-ports.ts";
export { cancelPort, findOpenPort } from "./cancel-port.ts";
export { createMigrateJob } from "./migrate-job.ts";
export { type PortQuestion, planPort, port } from "./port.ts";
export { createPortEnds, findPortOf, type PortEnd, type PortEnds } from "./port-ends.ts";
export { type PortExtRequest, portExt } from "./port-ext.ts";
export { createPortJob } from "./port-job.ts";
export type { PortAnswer } from "./port-request.ts";
export { findPortRequest } from "./port-store.ts";
export {
  type KeyringQuestion,
  keyringTargets,
  makeKeyringPackages,
  makeTestPackages,
  type TestAnswer,
  type TestQuestion,
  testTargets,
} from "./produced.ts";
export { isTestPackage, TEST_PACKAGES, type TestPackage } from "./test-packages.ts";
export { type TestReport, testReports, waitForReports } from "./test-reports.ts";
export { sweepPorts } from "./work-dirs.ts";
