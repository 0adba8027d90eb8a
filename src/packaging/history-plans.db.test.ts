import { afterAll, beforeAll, expect, test } from "vitest";
import { planOf } from "#db";
import { comingQuery } from "./dep-wait.ts";
import { addHistory } from "./history-support.ts";
import { lastGood, tookBefore } from "./queue-store.ts";
import { type Bench, openBench } from "./test-support.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
  await addHistory(bench);
});
afterAll(() => bench.db.close());

test("how long a build took is looked up, however many there were", async () => {
  const plan = await planOf(bench.db, (read) => lastGood(read, { source: "s1", arch: "amd64" }));

  expect(plan).toEqual({ indexes: ["build_source_arch"], scanned: [] });
});

test("of more sources than one statement asks for, each is told by its last five builds, newest first", async () => {
  const sources = Array.from({ length: 250 }, (_, nth) => ({ source: `s${nth % 200}`, arch: "amd64" }));

  const took = await tookBefore(bench.db.read, sources);

  // Each build takes as many seconds as its number.
  expect(took.get("s7 amd64")).toEqual([4807, 4607, 4407, 4207, 4007]);
  expect(took.size).toBe(200);
});

test("what may bring a package is looked up among what is open or came of late", async () => {
  const distributions = ["bookworm-test-unstable", "bookworm-test-testing"];

  const plan = await planOf(bench.db, (read) =>
    comingQuery(read, distributions, { id: 1 }, "2024-01-02T00:00:00.000Z"),
  );

  expect(plan.scanned).not.toContain("packaging");
  expect(plan.indexes).toContain("packaging_ended");
});
