import { afterEach, beforeEach, expect, test } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { systemClock } from "#platform";
import { createRepositoryService } from "#repositories";
import { setUpRepository } from "./setup-repository.ts";

let db: Database;
beforeEach(async () => {
  db = await openTestDatabase();
});
afterEach(() => db.close());

async function addSource(codename: string, state: string): Promise<void> {
  const row = {
    ...{
      origin: "Debian",
      codename,
      archives: "[]",
      keyring: "",
      match: "{}",
      check_valid_until: 1 as const,
    },
    ...{ remove_from_component: "", state, description: "", codeversion: "12" },
    ...{ components: '["main"]', architectures: '["amd64"]' },
  };
  await db.write((tx) => tx.insertInto("source").values(row).execute());
}

test("a repository with an extra source that was never good says that its builds wait", async () => {
  await addSource("bookworm", "active");
  await addSource("bookworm-updates", "active");
  await addSource("bookworm-security", "unchecked");
  const repositories = createRepositoryService({
    ...{ db, clock: systemClock, identity: "acme", hostname: "host" },
    ensureDistribution: async () => 1,
  });
  const wanted = { identity: "test", layout: "Default", allowUnauthenticatedUploads: false };
  const distributions = [{ codename: "bookworm", architectures: ["amd64"] }];

  const instance = await setUpRepository({ db, repositories }, wanted, distributions, false);

  expect(instance).toMatchObject({
    status: "ACTIVE",
    message: "builds wait, as the source Debian bookworm-security was not checked yet",
  });
});
