import { expect, onTestFinished, test } from "vitest";
import { openTestDatabase } from "#db";
import { seed } from "../testing/seed.ts";
import { createPackageCounts } from "./package-counts.ts";

test("counts a distribution anew when it is wanted to show something else, and not before", async () => {
  const db = await openTestDatabase();
  onTestFinished(() => db.close());
  await seed(db);
  const packageCounts = createPackageCounts();
  const lives = () =>
    db.read.selectFrom("archive_distribution").selectAll().where("kind", "=", "live").execute();
  const before = await packageCounts(db.read, await lives());
  const [busy] = [...before].sort(([, a], [, b]) => b - a);
  if (busy === undefined) throw new Error("nothing is there");
  const [id, count] = busy;
  const { id: gone } = await db.read
    .selectFrom("membership")
    .select("id")
    .where("distribution_id", "=", id)
    .where("removed", "is", null)
    .limit(1)
    .executeTakeFirstOrThrow();
  await db.write((tx) => tx.updateTable("membership").set({ removed: 99 }).where("id", "=", gone).execute());

  const kept = await packageCounts(db.read, await lives());
  await db.write((tx) =>
    tx.updateTable("archive_distribution").set({ wanted_publish: 99 }).where("id", "=", id).execute(),
  );
  const counted = await packageCounts(db.read, await lives());

  expect(kept).toEqual(before);
  expect(counted).toEqual(new Map(before).set(id, count - 1));
  expect(await createPackageCounts()(db.read, await lives())).toEqual(counted);
});
