import type { Archive, ChangeRequest } from "#archive";
import { createTestArchive, type TestArchive, testPackage, testRelease } from "#archive/testing";
import type { Database } from "#db";
import { type Actor, createEvents, type Events, type EventView } from "#events";
import { silentLog, systemClock } from "#platform";
import type { ChangeDeps } from "./change-deps.ts";
import { createRepositoryService } from "./repository-service.ts";

export const ADA: Actor = { kind: "user", name: "ada" };
export const UNSTABLE = "bookworm-test-unstable";
export const TESTING = "bookworm-test-testing";
export const STABLE = "bookworm-test-stable";

/** Repository `test` of layout Default for bookworm, for tests of what changes it. */
export interface TestRepository extends ChangeDeps {
  /** `asked` of it: subjects of the publish jobs. */
  readonly fixture: TestArchive;
  readonly archive: Archive;
  readonly events: Events;
  /** Distributions that were shown to clients, in order. */
  readonly shown: string[];
  install(distribution: string, source: string, version: string, component?: string): Promise<void>;
  /** Packages without a release. */
  add(distribution: string, name: string, version: string): Promise<void>;
  /** `version component`, sorted, by distribution that holds the source. */
  held(source: string): Promise<Record<string, string[]>>;
  told(): Promise<EventView[]>;
  close(): Promise<void>;
}

export interface TestRepositoryOptions {
  readonly layout?: string;
  /** Packages have files, and clients would see them. */
  readonly realFiles?: boolean;
  readonly publishWaitMs?: number;
  /** Called by each publish: what it rejects with, the publish fails with. */
  readonly onPublish?: (distribution: string) => Promise<void>;
  /** Changes rows of suites before anything is made of them. */
  readonly suites?: (db: Database) => Promise<unknown>;
}

export async function createTestRepository(options: TestRepositoryOptions = {}): Promise<TestRepository> {
  const fixture = await createTestArchive();
  const { db } = fixture;
  const shown: string[] = [];
  const waiting = options.realFiles === true ? {} : { wait: false };
  const archive: Archive = {
    ...fixture.archive,
    async publish(repository, distribution) {
      shown.push(distribution);
      await options.onPublish?.(distribution);
      if (options.realFiles === true) await fixture.archive.publish(repository, distribution);
    },
    snapshotCreate: (request, more) => fixture.archive.snapshotCreate(request, { ...more, ...waiting }),
    snapshotDelete: (request, more) => fixture.archive.snapshotDelete(request, { ...more, ...waiting }),
  };
  const events = createEvents({ db, clock: systemClock, instance: "acme" });
  await makeRepository(fixture, options);
  const apply = (request: ChangeRequest) => db.write((tx) => archive.apply(tx, request));
  return {
    ...{
      fixture,
      db,
      archive,
      events,
      shown,
      log: silentLog,
      publishWaitMs: options.publishWaitMs ?? 60_000,
    },
    async install(distribution, name, version, component = "main") {
      if (options.realFiles === true)
        return void (await fixture.install(name, version, distribution, component));
      const release = testRelease("test", component, { name, version });
      await apply({ kind: "install", distribution, release, force: true });
    },
    async add(distribution, name, version) {
      const packages = [testPackage("main", { name, version })];
      await apply({ kind: "add", distribution, component: "main", packages, lower: "replace" });
    },
    async held(source) {
      const places = await archive.places("test", source);
      const entries = new Map<string, string[]>();
      for (const { distribution, version, component } of places)
        entries.set(distribution, [...(entries.get(distribution) ?? []), `${version} ${component}`].sort());
      return Object.fromEntries(entries);
    },
    told: async () => (await events.after(0)).events,
    close: () => fixture.close(),
  };
}

async function makeRepository(fixture: TestArchive, options: TestRepositoryOptions): Promise<void> {
  const { db, archive } = fixture;
  const service = createRepositoryService({
    ...{ db, clock: systemClock, identity: "acme", hostname: "host" },
    ensureDistribution: archive.ensureDistribution,
  });
  const layout = options.layout ?? "Default";
  await db.write((tx) =>
    service.create(tx, { identity: "test", layout, allowUnauthenticatedUploads: false }),
  );
  await options.suites?.(db);
  await db.write(async (tx) => {
    const { id: sourceId } = await tx
      .insertInto("source")
      .values(BOOKWORM)
      .returning("id")
      .executeTakeFirstOrThrow();
    const codename = { repository: "test", sourceId, architectures: ["amd64", "arm64"], extraSources: [] };
    await service.addDistribution(tx, codename);
  });
}

const BOOKWORM = {
  ...{ origin: "Debian", codename: "bookworm", archives: "[]", keyring: "", match: "{}" },
  ...({ check_valid_until: 1, remove_from_component: "", state: "active", description: "" } as const),
  ...{ codeversion: "12", components: '["main","contrib"]', architectures: '["amd64","arm64"]' },
};
