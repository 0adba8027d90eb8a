// Adds up the vitest reports of a directory, names what was skipped and what failed, and prints the one closing line of
// ./check.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const [dir] = process.argv.slice(2);
const count = { passed: 0, failed: 0, skipped: 0 };
for (const file of readdirSync(dir).filter((name) => name.endsWith(".json"))) {
  const report = JSON.parse(readFileSync(join(dir, file), "utf8"));
  count.passed += report.numPassedTests;
  count.failed += report.numFailedTests + report.numFailedTestSuites * (report.numFailedTests === 0 ? 1 : 0);
  for (const suite of report.testResults) {
    const place = relative(process.cwd(), suite.name);
    // A file whose set-up failed has no failed test.
    if (suite.status === "failed" && !suite.assertionResults.some(({ status }) => status === "failed"))
      tellFailure(place, suite.message);
    for (const test of suite.assertionResults) {
      if (test.status === "passed") continue;
      if (test.status === "failed") {
        tellFailure(`${place}: ${test.fullName}`, test.failureMessages.join("\n"));
        continue;
      }
      count.skipped += 1;
      console.log(`skipped test: ${test.fullName}`);
    }
  }
}

function tellFailure(what, message) {
  const lines = message.split("\n").filter((line) => !/^ +at /.test(line));
  console.log(`failed test: ${what}`);
  for (const line of lines.slice(0, 30)) console.log(`    ${line}`);
}

console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exit(count.failed === 0 && count.passed > 0 ? 0 : 1);
