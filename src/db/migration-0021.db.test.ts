import { expect, onTestFinished, test } from "vitest";
import { expiredTexts } from "./migration-0021-expired-texts.ts";
import { openTestDatabase } from "./testing.ts";

test("of uploads whose files went before, no text stays", async () => {
  const db = await openTestDatabase();
  onTestFinished(() => db.close());
  const upload = {
    ...{ origin: "http", changes_sha256: "0", state: "REJECTED", errors: "[]", received_from: "" },
    ...{ created_at: "then", changes_text: "Format: 1.8\n" },
  };
  await db.write(async (tx) => {
    await tx
      .insertInto("upload")
      .values([
        { ...upload, changes_name: "gone", expired_at: "then" },
        { ...upload, changes_name: "kept", expired_at: null },
      ])
      .execute();

    await expiredTexts.up(tx);
  });

  const rows = await db.read.selectFrom("upload").select(["changes_name", "changes_text"]).execute();
  expect(new Map(rows.map((row) => [row.changes_name, row.changes_text]))).toEqual(
    new Map([
      ["gone", null],
      ["kept", "Format: 1.8\n"],
    ]),
  );
});
