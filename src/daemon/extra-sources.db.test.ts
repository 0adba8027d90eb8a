import { afterEach, beforeEach, expect, test } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { systemClock } from "#platform";
import { createRepositoryService } from "#repositories";
import { aptExtraSources } from "./extra-sources.ts";

let db: Database;
beforeEach(async () => {
  db = await openTestDatabase();
});
afterEach(() => db.close());

async function addSource(codename: string, more: Record<string, unknown> = {}): Promise<number> {
  const row = {
    ...{
      origin: "Debian",
      codename,
      archives: `["https://deb.example.org/${codename}/", "https://2.example.org/"]`,
    },
    ...{
      keyring: Buffer.from(`keys of ${codename}`).toString("base64"),
      match: "{}",
      check_valid_until: 1 as const,
    },
    ...{ remove_from_component: "", state: "active", description: "", codeversion: "12" },
    ...{ components: '["main","contrib"]', architectures: '["amd64","arm64"]', ...more },
  };
  return await db.write(async (tx) => {
    const { id } = await tx.insertInto("source").values(row).returning("id").executeTakeFirstOrThrow();
    return id;
  });
}

test("extra sources of each distribution are what is known of them", async () => {
  const base = await addSource("bookworm");
  const security = await addSource("bookworm-security", {
    ...{
      components: '["updates/main","updates/other"]',
      remove_from_component: "updates/",
      check_valid_until: 0,
    },
  });
  const backports = await addSource("bookworm-backports");
  const never = await addSource("bookworm-updates", { state: "unchecked", components: "[]" });
  const service = createRepositoryService({
    ...{ db, clock: systemClock, identity: "acme", hostname: "host" },
    ensureDistribution: async () => 1,
  });
  await db.write(async (tx) => {
    await service.create(tx, { identity: "test", layout: "Default", allowUnauthenticatedUploads: false });
    const extraSources = [security, never, backports].map((source) => ({ source, priority: 1 }));
    const distribution = { repository: "test", sourceId: base, architectures: ["amd64"], extraSources };
    await service.addDistribution(tx, distribution);
  });

  const known = await aptExtraSources(db);

  const extra = known.get("bookworm-test-stable");
  expect(extra).toEqual([
    {
      ...{
        uri: "https://deb.example.org/bookworm-security/",
        suite: "bookworm-security",
        components: ["main"],
      },
      ...{ architectures: ["amd64", "arm64"], checkValidUntil: false },
      keyring: new Uint8Array(Buffer.from("keys of bookworm-security")),
    },
    expect.objectContaining({ suite: "bookworm-backports", components: ["main", "contrib"] }),
  ]);
  expect([...known.keys()].every((name) => name.startsWith("bookworm-test-"))).toBe(true);
  expect([...known.values()].every((each) => each.length === 2)).toBe(true);
});
