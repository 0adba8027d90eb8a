import type { By } from "#accounts";
import type { DistributionSpec } from "#archive";
import { type Database, openTestDatabase, type Row } from "#db";
import { systemClock } from "#platform";
import { createRepositoryService } from "../repository-service.ts";

export const BY: By = { kind: "local", name: "local", client: "" };

/** Repositories on an empty database, with what would be published and what was recorded. */
export interface SettingsBench {
  readonly db: Database;
  readonly published: DistributionSpec[];
  readonly records: { action: string; given: unknown }[];
  readonly deps: {
    readonly db: Database;
    readonly ensureDistribution: (tx: unknown, spec: DistributionSpec) => Promise<number>;
    readonly audit: { done: (tx: unknown, by: By, action: string, given?: unknown) => Promise<void> };
  };
  addSource(codename: string, change?: Partial<Row<"source">>): Promise<number>;
  addRepository(identity: string, layout: string, sourceId: number): Promise<void>;
  /** One that is under way. */
  addPackaging(change?: Partial<Row<"packaging">>): Promise<void>;
}

export async function openSettingsBench(): Promise<SettingsBench> {
  const db = await openTestDatabase();
  const published: DistributionSpec[] = [];
  const records: SettingsBench["records"] = [];
  const ensureDistribution = async (_tx: unknown, spec: DistributionSpec) => published.push(spec);
  const service = createRepositoryService({
    ...{ db, clock: systemClock, identity: "acme", hostname: "host", ensureDistribution },
  });
  return {
    ...{ db, published, records },
    deps: {
      ...{ db, ensureDistribution },
      audit: { done: async (_tx, _by, action, given) => void records.push({ action, given }) },
    },
    addSource: (codename, change) =>
      db.write(async (tx) => {
        const row = { ...SOURCE, codename, ...change };
        const { id } = await tx.insertInto("source").values(row).returning("id").executeTakeFirstOrThrow();
        return id;
      }),
    async addRepository(identity, layout, sourceId) {
      await db.write(async (tx) => {
        await service.create(tx, { identity, layout, allowUnauthenticatedUploads: false });
        const architectures = ["amd64", "arm64"];
        await service.addDistribution(tx, {
          repository: identity,
          sourceId,
          architectures,
          extraSources: [],
        });
      });
      published.length = 0;
    },
    addPackaging: (change) =>
      db.write(async (tx) => {
        const upload = { ...UPLOAD };
        const { id } = await tx.insertInto("upload").values(upload).returning("id").executeTakeFirstOrThrow();
        await tx
          .insertInto("packaging")
          .values({ ...PACKAGING, upload_id: id, ...change })
          .execute();
      }),
  };
}

const TIME = "2024-01-02T03:00:00.000Z";

const SOURCE = {
  origin: "Debian",
  archives: "[]",
  keyring: "",
  match: "{}",
  check_valid_until: 1 as const,
  remove_from_component: "",
  state: "active",
  description: "",
  codeversion: "12",
  components: '["main","contrib","non-free"]',
  architectures: '["amd64","arm64","i386"]',
};

const UPLOAD = {
  origin: "http",
  changes_name: "hello_1.0~test12+1_source.changes",
  changes_sha256: "a".repeat(64),
  state: "ACCEPTED",
  errors: "[]",
  received_from: "test",
  created_at: TIME,
};

const PACKAGING = {
  bkey: "hello/1.0~test12+1/20240102T030000Z/source",
  repository: "test",
  distribution: "bookworm-test-unstable",
  codename: "bookworm",
  suite: "unstable",
  component: "main",
  source: "hello",
  version: "1.0~test12+1",
  dsc: "hello_1.0~test12+1.dsc",
  options: "[]",
  changed_by: "A <a@example.org>",
  state: "BUILDING",
  accepted_no: 1,
  created_at: TIME,
};
