import { afterEach, beforeEach, expect, test } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { troubles, troubleText } from "./settings.ts";

const NOW = new Date("2024-01-02T03:00:00.000Z");

let db: Database;
beforeEach(async () => {
  db = await openTestDatabase();
});
afterEach(() => db.close());

async function addJob(
  subject: string,
  state: string,
  attempt: number,
  ended_at: string | null = null,
  kind = "install",
) {
  const row = { kind, subject, state, attempt, ended_at, error: "The pool cannot be written." };
  const rest = { priority: 0, max_attempts: 0, fence: 1, again: 0 as const };
  const times = { run_after: NOW.toISOString(), created_at: "2024-01-01T00:00:00.000Z" };
  await db.write((tx) =>
    tx
      .insertInto("job")
      .values({ ...row, ...rest, ...times })
      .execute(),
  );
}

test("jobs that fail again and again, or were given up within a day, are trouble", async () => {
  await addJob("packaging:1", "queued", 2);
  await addJob("packaging:2", "queued", 3);
  await addJob("packaging:3", "leased", 5);
  await addJob("packaging:4", "done", 7, "2024-01-02T02:00:00.000Z");
  await addJob("packaging:5", "dead", 5, "2024-01-02T02:00:00.000Z");
  await addJob("packaging:6", "dead", 5, "2024-01-01T02:59:59.000Z");

  expect((await troubles(db.read, NOW)).map(troubleText)).toEqual([
    "Job install packaging:5 (given up, tried 5 times): The pool cannot be written.",
    "Job install packaging:3 (tried 5 times): The pool cannot be written.",
    "Job install packaging:2 (tried 3 times): The pool cannot be written.",
  ]);
});

test("web hooks that fail again and again, or lost events within a day, are trouble, without their addresses", async () => {
  const row = { url: "https://secret.example.org/x", secret: "s", types: "[]", distributions: "[]" };
  const rest = { sources: "[]", allowed_hosts: "[]", created_at: "2024-01-01T00:00:00.000Z" };
  const error = "it answered 500";
  const delivery = { attempt: 9, next_at: "", error, created_at: "2023-12-30T00:00:00.000Z", state: "dead" };
  await db.write(async (tx) => {
    for (const [name, failures, ended] of [
      ["fails", 3, "2024-01-01T02:00:00.000Z"],
      ["failed-once", 2, "2024-01-01T02:00:00.000Z"],
      ["lost", 0, "2024-01-02T02:00:00.000Z"],
    ] as const) {
      const values = { name, failures, error: failures === 0 ? null : error, ...row, ...rest };
      const { id } = await tx.insertInto("hook").values(values).returning("id").executeTakeFirstOrThrow();
      await tx
        .insertInto("hook_delivery")
        .values({ ...delivery, hook_id: id, event_id: 1, ended_at: ended })
        .execute();
    }
  });

  expect((await troubles(db.read, NOW)).map(troubleText)).toEqual([
    "Web hook fails (tried 3 times): it answered 500",
    "Web hook lost (1 events given up)",
  ]);
});

test("mails that were given up within a day are trouble, without their recipients", async () => {
  await addJob("mail:7", "dead", 20, "2024-01-02T02:00:00.000Z", "mail");
  const mail = { subject: "s", body: "", error: "550 no", created_at: "2024-01-01T00:00:00.000Z" };
  const rows = [
    { message_id: "<1@h>", state: "dead", ended_at: "2024-01-02T02:00:00.000Z" },
    { message_id: "<2@h>", state: "dead", ended_at: "2024-01-01T02:00:00.000Z" },
    { message_id: "<3@h>", state: "sent", ended_at: "2024-01-02T02:00:00.000Z" },
  ].map((row) => ({ ...mail, ...row, recipient: "ada@example.org" }));
  await db.write((tx) => tx.insertInto("outbox").values(rows).execute());

  expect((await troubles(db.read, NOW)).map(troubleText)).toEqual(["Mail 1 (given up): 550 no"]);
});

test("that memory of builds is not limited is trouble", async () => {
  const told = async (value: string) => {
    await db.write((tx) => tx.insertInto("setting").values({ name: "memory_limit", value }).execute());
    const texts = (await troubles(db.read, NOW)).map(troubleText);
    await db.write((tx) => tx.deleteFrom("setting").execute());
    return texts;
  };

  expect(await told("yes")).toEqual([]);
  expect(await told("no")).toEqual([expect.stringMatching(/^Limit of builds memory \(not kept\): /)]);
});
