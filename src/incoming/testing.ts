import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { openTestDatabase } from "#db";
import { createEvents } from "#events";
import { createJobQueue } from "#jobs";
import { type BlobStore, type Clock, createBlobStore, silentLog } from "#platform";
import { createIncoming, type Incoming, type IncomingDeps } from "./incoming-service.ts";

/** A service on an empty database and home of its own; for tests. */
export interface IncomingBench {
  readonly db: Awaited<ReturnType<typeof openTestDatabase>>;
  readonly blobs: BlobStore;
  readonly dir: string;
  readonly storeDir: string;
  readonly clock: Clock & { advance(seconds: number): void };
  readonly engine: { running: boolean };
  readonly incoming: Incoming;
  /** A further service on the same database and home, as after a restart. */
  restart(more?: Partial<IncomingDeps>): Promise<Incoming>;
  close(): Promise<void>;
}

export async function openIncomingBench(more: Partial<IncomingDeps> = {}): Promise<IncomingBench> {
  const root = mkdtempSync(join(tmpdir(), "mbd-incoming-"));
  const [dir, storeDir] = [join(root, "incoming"), join(root, "store")];
  await mkdir(storeDir);
  const db = await openTestDatabase();
  const clock = movableClock();
  const blobs = createBlobStore(storeDir);
  const engine = { running: true };
  const services: Incoming[] = [];
  const make = async (extra: Partial<IncomingDeps>): Promise<Incoming> => {
    const incoming = createIncoming({
      db,
      blobs,
      clock,
      dir,
      storeDir,
      jobs: createJobQueue(clock),
      events: createEvents({ db, clock, instance: "test" }),
      log: silentLog,
      isRunning: () => engine.running,
      freeBytes: async () => Number.MAX_SAFE_INTEGER,
      ...extra,
    });
    await incoming.start();
    services.push(incoming);
    return incoming;
  };
  return {
    db,
    blobs,
    dir,
    storeDir,
    clock,
    engine,
    incoming: await make(more),
    restart: (extra = {}) => make({ ...more, ...extra }),
    async close() {
      for (const service of services) await service.stop();
      await db.close();
      rmSync(root, { recursive: true });
    },
  };
}

export interface TestFile {
  readonly name: string;
  readonly content: string;
}

export const sha256 = (content: string): string => createHash("sha256").update(content).digest("hex");

export const streamOf = (content: string): Readable => Readable.from([Buffer.from(content)]);

/** A .changes that lists files; only its list is like a real one. */
export function changesOf(files: readonly TestFile[], name = "hello_1_source.changes"): TestFile {
  const lines = files.map((file) => ` ${sha256(file.content)} ${file.content.length} ${file.name}\n`);
  return { name, content: `Format: 1.8\nSource: hello\nChecksums-Sha256:\n${lines.join("")}` };
}

/** Real time that can be moved on, as files have real times. */
function movableClock(): Clock & { advance(seconds: number): void } {
  let offsetMs = 0;
  return {
    now: () => new Date(Date.now() + offsetMs),
    advance(seconds) {
      offsetMs += seconds * 1000;
    },
  };
}
