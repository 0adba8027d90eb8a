import { afterEach, beforeEach, expect, test } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { blobUsers } from "./users.ts";

let db: Database;
beforeEach(async () => {
  db = await openTestDatabase();
});
afterEach(() => db.close());

const [DSC, TAR, OTHER] = ["a", "b", "c"].map((digit) => digit.repeat(64)) as [string, string, string];

async function addPort(state: string): Promise<void> {
  const row = {
    ...{ bkey: "hello/1/x", kind: "internal", target: "t", source: "hello", version: "1", dsc: "hello.dsc" },
    ...{ dsc_sha256: DSC, kept: JSON.stringify([DSC, TAR]), url: "", vouched_by: "instance", options: "[]" },
    ...({ priority: 0, migrate: 0, requested_by: "ada", state, created_at: "now" } as const),
  };
  await db.write((tx) => tx.insertInto("port_request").values(row).execute());
}

test.each([
  ["open", [DSC, TAR]],
  ["done", []],
  ["failed", []],
])("the source of a port that is %s", async (state, used) => {
  await addPort(state);

  expect([...(await blobUsers(db.read, [DSC, TAR, OTHER]))].sort()).toEqual(used);
});
