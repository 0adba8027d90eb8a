import { join } from "node:path";
import type { Archive } from "#archive";
import { createTestArchive, type TestArchive } from "#archive/testing";
import type { Database, Row } from "#db";
import { createEvents, type Events, type EventView } from "#events";
import { createIncoming, type Incoming } from "#incoming";
import { createJobQueue, type JobQueue } from "#jobs";
import type { Signer } from "#keys";
import { type BlobStore, type Clock, exec, type Home, homeAt, silentLog } from "#platform";
import { createRepositoryService } from "#repositories";
import { createSourceTool } from "../source-sandbox.ts";
import type { AutoPortDeps } from "./auto-ports.ts";
import type { MigrateJobDeps } from "./migrate-job.ts";
import { createPortEnds } from "./port-ends.ts";
import type { PortJobDeps } from "./port-job.ts";
import type { ProduceDeps } from "./produced.ts";

export const NOW = "2024-01-02T03:04:05.000Z";
export const UNSTABLE = "bookworm-test-unstable";
export const EXPERIMENTAL = "bookworm-test-experimental";
export const ELSEWHERE = "bookworm-acme-unstable";
export const VERSION = "1.0-1~test12+1";

/** Repositories `test` and `acme` of layout Default for bookworm, and all that ports are made with; the clock stands. */
export interface PortsBench
  extends ProduceDeps,
    PortJobDeps,
    Omit<AutoPortDeps, "events" | "archive">,
    Omit<MigrateJobDeps, "archive" | "events"> {
  readonly fixture: TestArchive;
  readonly archive: Archive;
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly home: Home;
  readonly clock: Clock;
  readonly events: Events;
  readonly queue: JobQueue;
  readonly incoming: Incoming;
  readonly signer: Pick<Signer, "clearsign" | "publicKeyBinary">;
  readonly engine: { running: boolean };
  /** Makes and installs a release in repository `test`. */
  install(version?: string, distribution?: string, component?: string): Promise<void>;
  /** Jobs of a kind, in the order in which they were asked for. */
  jobs(kind: string): Promise<Row<"job">[]>;
  requests(): Promise<Row<"port_request">[]>;
  told(): Promise<EventView[]>;
  close(): Promise<void>;
}

export async function openPortsBench(): Promise<PortsBench> {
  const clock: Clock = { now: () => new Date(NOW) };
  const fixture = await createTestArchive({ clock });
  const { db, blobs } = fixture;
  const home = homeAt(join(fixture.root, "../.."));
  const archive: Archive = { ...fixture.archive, publish: async () => undefined };
  const events = createEvents({ db, clock, instance: "acme" });
  const queue = createJobQueue(clock);
  const engine = { running: true };
  const incoming = createIncoming({
    ...{ db, blobs, clock, events, jobs: queue, log: silentLog },
    ...{ dir: home.incoming, storeDir: home.store, isRunning: () => engine.running },
  });
  await makeRepositories(db, clock, archive);
  return {
    ...{ fixture, db, blobs, home, clock, archive, events, queue, incoming, engine, exec, log: silentLog },
    ...{ identity: "Acme", hostname: "host.example.org", url: "http://host.example.org:8066" },
    findPlaces: archive.places,
    portEnds: createPortEnds({ events, queue }),
    sourceTool: createSourceTool(exec, home),
    signer: {
      clearsign: async (text) => `-----BEGIN PGP SIGNED MESSAGE-----\n\n${text}`,
      publicKeyBinary: () => new Uint8Array([1, 2, 3]),
    },
    async install(version = VERSION, distribution = UNSTABLE, component = "main") {
      await fixture.install("hello", version, distribution, component);
    },
    jobs: async (kind) =>
      await db.read.selectFrom("job").selectAll().where("kind", "=", kind).orderBy("id").execute(),
    requests: async () => await db.read.selectFrom("port_request").selectAll().orderBy("bkey").execute(),
    told: async () => (await events.after(0)).events,
    close: () => fixture.close(),
  };
}

async function makeRepositories(db: Database, clock: Clock, archive: Archive): Promise<void> {
  const service = serviceOf(db, clock, archive);
  await db.write(async (tx) => {
    for (const identity of ["test", "acme"])
      await service.create(tx, { identity, layout: "Default", allowUnauthenticatedUploads: false });
  });
  await addCodename({ db, clock, archive }, BOOKWORM, ["test", "acme"]);
}

function serviceOf(db: Database, clock: Clock, { ensureDistribution }: Archive) {
  return createRepositoryService({ db, clock, identity: "acme", hostname: "host", ensureDistribution });
}

/** A further base, in some of the repositories. */
export async function addCodename(
  { db, clock, archive }: Pick<PortsBench, "db" | "clock" | "archive">,
  base: { readonly codename: string; readonly codeversion: string },
  repositories: readonly string[],
): Promise<void> {
  await db.write(async (tx) => {
    const { id: sourceId } = await tx
      .insertInto("source")
      .values({ ...BASE, ...base })
      .returning("id")
      .executeTakeFirstOrThrow();
    const architectures = ["amd64", "arm64"];
    for (const repository of repositories) {
      const wanted = { repository, sourceId, architectures, extraSources: [] };
      await serviceOf(db, clock, archive).addDistribution(tx, wanted);
    }
  });
}

const BOOKWORM = { codename: "bookworm", codeversion: "12" };
const BASE = {
  ...{ origin: "Debian", archives: "[]", keyring: "", match: "{}" },
  ...({ check_valid_until: 1, remove_from_component: "", state: "active", description: "" } as const),
  ...{ components: '["main","contrib"]', architectures: '["amd64","arm64"]' },
};
