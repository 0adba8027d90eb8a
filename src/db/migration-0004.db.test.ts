import { sql } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { rollbackAge } from "./migration-0004-rollback-age.ts";
import { openTestDatabase } from "./testing.ts";

test("entries of rollback lists get the time when they came, or the earliest that is known not to be before it", async () => {
  const db = await openTestDatabase();
  onTestFinished(() => db.close());
  await db.write(async (tx) => {
    await sql`ALTER TABLE rollback_membership DROP COLUMN listed_at`.execute(tx);
    const publishes = [4, 5, 6].map((id) => ({
      id,
      repository: "r",
      time: `t${id}`,
      cause: "",
      pinned: 0 as const,
    }));
    await tx.insertInto("publish").values(publishes).execute();
    const suite = {
      repository: "r",
      kind: "live",
      components: "[]",
      architectures: "[]",
      release_fields: "{}",
    };
    const state = {
      options: "{}",
      sources_per_component: 1,
      wanted_publish: 0,
      published_publish: 0,
      fence: 0,
    };
    const { id: distribution_id } = await tx
      .insertInto("archive_distribution")
      .values({ ...suite, ...state, name: "d", rollbacks: 2 })
      .returning("id")
      .executeTakeFirstOrThrow();
    const release = async (version: string) =>
      (
        await tx
          .insertInto("release")
          .values({
            ...{ repository: "r", component: "main", source: "s", version },
            ...{ bkey: null, buildinfos: "[]", changes: "[]", created_at: "t0" },
          })
          .returning("id")
          .executeTakeFirstOrThrow()
      ).id;
    const [moved, forgotten] = [await release("2"), await release("1")];
    const row = { distribution_id, component: "main", source: "s" };
    await tx
      .insertInto("rollback_membership")
      .values([
        { ...row, release_id: moved, position: 0, added: 5, removed: 6 },
        { ...row, release_id: moved, position: 1, added: 6, removed: null },
        { ...row, release_id: forgotten, position: 2, added: 3, removed: null },
      ])
      .execute();

    await rollbackAge.up(tx);
  });

  const rows = await db.read
    .selectFrom("rollback_membership")
    .select("listed_at")
    .orderBy("position")
    .execute();

  expect(rows.map(({ listed_at }) => listed_at)).toEqual(["t5", "t5", "t4"]);
});
