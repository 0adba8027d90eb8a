export type { SetupInstance, SetupReport, SetupStatus } from "./report.ts";
export { createSetup, type Setup } from "./setup.ts";
export type { SetupRequest } from "./setup-request.ts";
