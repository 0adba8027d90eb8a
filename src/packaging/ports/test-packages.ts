import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Source packages that come with the program, and the state that the packaging of each must end in. */
export const TEST_PACKAGES = {
  "mbd-test-archall": "INSTALLED",
  "mbd-test-cpp": "INSTALLED",
  "mbd-test-ftbfs": "FAILED",
} as const;

export type TestPackage = keyof typeof TEST_PACKAGES;

export function isTestPackage(name: string): name is TestPackage {
  return Object.hasOwn(TEST_PACKAGES, name);
}

/** Its tree: beside the built program, or in the sources. */
export function testPackageDir(name: TestPackage): string {
  const built = fileURLToPath(new URL("./test-packages/", import.meta.url));
  const checkout = fileURLToPath(new URL("../../../share/test-packages/", import.meta.url));
  return join(existsSync(built) ? built : checkout, name);
}
