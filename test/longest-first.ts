import { basename } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take minutes, the longest first. */
const LONG = [
  "qa.test.ts",
  "upload-to-install.test.ts",
  "build-runner.test.ts",
  "kill.test.ts",
  "blocks.test.ts",
  "ports.test.ts",
  "notify.test.ts",
  "dep-wait.test.ts",
  "packaging-rules.test.ts",
  "any-time.test.ts",
  "api-get.test.ts",
  "timing.test.ts",
  "bad-uploads.test.ts",
  "publish-crashes.test.ts",
  "publish-again.test.ts",
  "check.db.test.ts",
  "gc.db.test.ts",
];

/** Begins with the files that take longest, so that all processors are busy until the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = LONG.indexOf(basename(moduleId));
      return index === -1 ? LONG.length : index;
    };
    return others.toSorted((a, b) => rank(a) - rank(b));
  }
}
