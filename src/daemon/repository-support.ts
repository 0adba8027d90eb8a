import { createTestArchive, type TestArchive, testRelease } from "#archive/testing";
import { systemClock } from "#platform";
import { createRepositoryService } from "#repositories";

/** For tests: repository `setup` of layout Default for bookworm, and `test`, which no set-up knows. */

export const UNSTABLE = "bookworm-setup-unstable";
export const TESTING = "bookworm-setup-testing";
/** With one rollback. */
export const BY_HAND = "bookworm-test-extra";

export async function createSetUpArchive(): Promise<TestArchive> {
  const fixture = await createTestArchive();
  const { db, archive } = fixture;
  const service = createRepositoryService({
    ...{ db, clock: systemClock, identity: "acme", hostname: "host" },
    ensureDistribution: archive.ensureDistribution,
  });
  await db.write(async (tx) => {
    await service.create(tx, { identity: "setup", layout: "Default", allowUnauthenticatedUploads: false });
    const { id: sourceId } = await tx
      .insertInto("source")
      .values(BOOKWORM)
      .returning("id")
      .executeTakeFirstOrThrow();
    const codename = { repository: "setup", sourceId, architectures: ["amd64"], extraSources: [] };
    await service.addDistribution(tx, codename);
  });
  await fixture.live("extra", { rollbacks: 1 });
  return fixture;
}

const BOOKWORM = {
  ...{ origin: "Debian", codename: "bookworm", archives: "[]", keyring: "", match: "{}" },
  ...({ check_valid_until: 1, remove_from_component: "", state: "active", description: "" } as const),
  ...{ codeversion: "12", components: '["main","contrib"]', architectures: '["amd64","arm64"]' },
};

/** Source `hello`; its packages have no files. */
export async function installHello(
  { archive, db }: TestArchive,
  distribution: string,
  version: string,
): Promise<void> {
  const repository = distribution.split("-")[1] ?? "";
  const release = testRelease(repository, "main", { name: "hello", version });
  await db.write((tx) => archive.apply(tx, { kind: "install", distribution, release, force: true }));
}
