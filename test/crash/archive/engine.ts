import { setTimeout as delay } from "node:timers/promises";
import { createArchive, publishJob, type ReleaseSigner } from "#archive";
import { openSqlite } from "#db";
import { createJobQueue, createJobRunner } from "#jobs";
import { createBlobStore, createLog, exec, execOk, homeAt, lockHome, prepareHome } from "#platform";
import type { Order } from "./driver-protocol.ts";

/** The engine alone on a home of its own: what the daemon does, without the daemon. */
export async function openEngine(order: Order, onStep: (step: string) => void) {
  const home = homeAt(order.home);
  await prepareHome(home);
  const lock = lockHome(home.root);
  const db = await openSqlite(home.database);
  const begun = performance.now();
  const start = Date.parse(order.now);
  const clock = { now: () => new Date(start + performance.now() - begun) };
  const log = createLog("warn");
  const queue = createJobQueue(clock);
  const blobs = createBlobStore(home.store);
  const archive = createArchive({
    ...{ db, home, blobs, clock, log, queue, onStep },
    signer: createSigner(order),
    // Dates grow by a second with each publish; here time goes by faster than that.
    sleep: async () => undefined,
  });
  const runner = createJobRunner({
    ...{ db, clock, log, queue },
    owner: `driver/${process.pid}`,
    kinds: { publish: publishJob(archive) },
    pollMs: 100,
  });
  async function published(): Promise<void> {
    const due = () =>
      db.read
        .selectFrom("archive_distribution")
        .select("id")
        .whereRef("wanted_publish", ">", "published_publish")
        .executeTakeFirst();
    while ((await due()) !== undefined) await delay(5);
  }
  async function close(): Promise<void> {
    await runner.stop();
    await db.close();
    lock.release();
  }
  return { db, blobs, archive, queue, clock, runner, published, close };
}

export type Engine = Awaited<ReturnType<typeof openEngine>>;

/** The agent belongs to the test and lives on. */
function createSigner({ gnupg, fingerprint }: Order): ReleaseSigner {
  const sign = async (how: readonly string[], input: string) => {
    const key = ["--homedir", gnupg, "--batch", "--trust-model", "always", "--local-user", `${fingerprint}!`];
    return (await execOk(exec, "gpg", [...key, ...how], { input })).stdout;
  };
  return {
    fingerprint,
    clearsign: (text) => sign(["--clearsign"], text),
    detachSign: (text) => sign(["--armor", "--detach-sign"], text),
  };
}
