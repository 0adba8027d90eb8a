import { type Database, openTestDatabase, type Row } from "#db";
import { createEvents, type Events } from "#events";
import { createJobQueue, type JobContext, type JobQueue } from "#jobs";
import type { Clock } from "#platform";
import { insertPackaging } from "./packaging-store.ts";
import { createPortEnds, type PortEnds } from "./ports/index.ts";

export const NOW = "2024-01-02T03:00:00.000Z";
export const VERSION = "2.10-3~test12+1";
export const BKEY = `hello/${VERSION}/20240102T030000Z/source`;

/** What most of packaging is made from, on an empty database; the clock stands. */
export interface Bench {
  readonly db: Database;
  readonly clock: Clock;
  readonly events: Events;
  readonly queue: JobQueue;
  readonly portEnds: PortEnds;
  addUpload(change?: Partial<Row<"upload">>): Promise<number>;
  addPackaging(uploadId: number, change?: Partial<Row<"packaging">>): Promise<number>;
  addBuild(packagingId: number, change?: Partial<Row<"build">>): Promise<number>;
  packaging(id: number): Promise<Row<"packaging">>;
  /** State and subject of each job of a kind. */
  jobs(kind: string): Promise<string[]>;
}

export async function openBench(): Promise<Bench> {
  const db = await openTestDatabase();
  const clock: Clock = { now: () => new Date(NOW) };
  const events = createEvents({ db, clock, instance: "acme" });
  const queue = createJobQueue(clock);
  return {
    ...{ db, clock, events, queue },
    portEnds: createPortEnds({ events, queue }),
    addUpload: (change) =>
      db.write(async (tx) => {
        const row = { ...UPLOAD, ...change };
        const { id } = await tx.insertInto("upload").values(row).returning("id").executeTakeFirstOrThrow();
        return id;
      }),
    addPackaging: (upload_id, change) =>
      db.write((tx) => insertPackaging(tx, { ...PACKAGING, upload_id, ...change })),
    addBuild: (packaging_id, change) =>
      db.write(async (tx) => {
        const packaging = await tx
          .selectFrom("packaging")
          .select(["source", "distribution"])
          .where("id", "=", packaging_id)
          .executeTakeFirstOrThrow();
        const row = { ...BUILD, packaging_id, ...packaging, ...change };
        const { id } = await tx.insertInto("build").values(row).returning("id").executeTakeFirstOrThrow();
        return id;
      }),
    packaging: (id) =>
      db.read.selectFrom("packaging").selectAll().where("id", "=", id).executeTakeFirstOrThrow(),
    async jobs(kind) {
      const rows = await db.read
        .selectFrom("job")
        .selectAll()
        .where("kind", "=", kind)
        .orderBy("id")
        .execute();
      return rows.map((row) => `${row.state} ${row.subject}`);
    },
  };
}

/** What the job runner gives a handler. */
export function jobContext(kind: string, subject: string): JobContext {
  const job: Row<"job"> = {
    id: 1,
    kind,
    subject,
    state: "leased",
    priority: 0,
    run_after: NOW,
    attempt: 1,
    max_attempts: 0,
    lease_owner: "test",
    lease_expires_at: NOW,
    fence: 1,
    again: 0,
    error: null,
    created_at: NOW,
    ended_at: null,
  };
  return { job, signal: new AbortController().signal, fenced: async () => undefined };
}

const UPLOAD = {
  origin: "http",
  changes_name: `hello_${VERSION}_source.changes`,
  changes_sha256: "a".repeat(64),
  state: "ACCEPTED",
  errors: "[]",
  received_from: "test",
  created_at: NOW,
};

const PACKAGING = {
  bkey: BKEY,
  repository: "test",
  distribution: "bookworm-test-unstable",
  codename: "bookworm",
  suite: "unstable",
  component: "main",
  source: "hello",
  version: VERSION,
  dsc: `hello_${VERSION}.dsc`,
  options: "[]",
  changed_by: "A <a@example.org>",
  state: "BUILDING",
  accepted_no: 1,
  created_at: NOW,
};

const BUILD = {
  bkey: `${BKEY} amd64`,
  codename: "bookworm",
  arch: "amd64",
  build_any: 1 as const,
  build_all: 0 as const,
  optional: 0 as const,
  state: "QUEUED",
  attempt: 0,
  fence: 0,
  cancel_requested: 0 as const,
  queued_at: NOW,
};
