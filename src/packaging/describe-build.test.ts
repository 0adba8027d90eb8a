import { expect, test } from "vitest";
import { LAYOUTS, type ResolvedDistribution } from "#repositories";
import { ownSuites } from "./describe-build.ts";

function target(suite: string): ResolvedDistribution {
  const suites = (LAYOUTS[0]?.suites ?? []).map((spec, id) => ({ ...spec, id, layout_id: 1 }));
  return { suites, suite: suites.find((row) => row.name === suite) } as unknown as ResolvedDistribution;
}

test.each([
  ["unstable", ["unstable", "testing", "stable"]],
  ["hotfix", ["hotfix", "stable"]],
  ["stable", ["stable"]],
  ["experimental", ["experimental", "unstable", "testing", "hotfix", "stable"]],
])("a build for %s sees %j", (suite, expected) => {
  expect(ownSuites(target(suite))).toEqual(expected);
});
