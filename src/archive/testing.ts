/** For tests of what stands above the archive. */
export { createTestArchive, createTestArchiveKey, type TestArchive } from "./archive-support.ts";
export { testPackage, testRelease } from "./suites/suites-support.ts";
