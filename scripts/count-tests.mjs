// Adds up the vitest reports of a directory, names what was skipped, and prints the one closing line of ./check.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [dir] = process.argv.slice(2);
const count = { passed: 0, failed: 0, skipped: 0 };
for (const file of readdirSync(dir).filter((name) => name.endsWith(".json"))) {
  const report = JSON.parse(readFileSync(join(dir, file), "utf8"));
  count.passed += report.numPassedTests;
  count.failed += report.numFailedTests + report.numFailedTestSuites * (report.numFailedTests === 0 ? 1 : 0);
  for (const suite of report.testResults) {
    for (const test of suite.assertionResults) {
      if (test.status === "passed" || test.status === "failed") continue;
      count.skipped += 1;
      console.log(`skipped test: ${test.fullName}`);
    }
  }
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exit(count.failed === 0 && count.passed > 0 ? 0 : 1);
