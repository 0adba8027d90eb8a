import { afterEach, beforeEach, expect, test } from "vitest";
import { createQuota } from "./incoming-quota.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { type IncomingBench, openIncomingBench, sha256, streamOf } from "./testing.ts";

let bench: IncomingBench;
beforeEach(async () => {
  bench = await openIncomingBench();
});
afterEach(() => bench.close());

test("bytes per address and in all, those of rejected uploads until they are deleted", async () => {
  const incoming = await bench.restart({ limits: { addressBytes: 30_000, totalBytes: 40_000 } });
  const put = async (client: string, name: string, length: number) => {
    const session = await incoming.openSession({ origin: "http", key: `address:${client}`, client });
    return await incoming.receive(session, name, streamOf("x".repeat(length)), { lengthBytes: length });
  };
  const rejected = await put("192.0.2.1", "hello_1_source.changes", 20_000);
  expect(rejected).toMatchObject({ upload: 1, rejected: { code: "bad_changes" } });

  await expect(put("192.0.2.1", "a", 10_001)).rejects.toMatchObject({ code: "incoming_full" });
  await put("192.0.2.1", "a", 10_000);
  await expect(put("192.0.2.2", "b", 10_001)).rejects.toThrow("Files from all clients");
  await put("192.0.2.2", "b", 10_000);
  // Half of the time that rejected ones are kept: others are gone.
  bench.clock.advance(25 * 3600);
  await incoming.cleanUp();
  await expect(put("192.0.2.1", "c", 10_001)).rejects.toMatchObject({ code: "incoming_full" });
  bench.clock.advance(25 * 3600);
  await incoming.cleanUp();
  await put("192.0.2.1", "c", 30_000);
});

test("an empty file counts as much as it takes of a disk", async () => {
  const incoming = await bench.restart({ limits: { addressBytes: 3 * 4096 } });
  const session = await incoming.openSession({ origin: "ftp", key: "1", client: "192.0.2.1" });
  for (const name of ["a", "b", "c"]) await incoming.receive(session, name, streamOf(name));

  await expect(incoming.receive(session, "d", streamOf(""))).rejects.toMatchObject({
    code: "incoming_full",
  });
});

test("files per address and in all, those of rejected uploads too, whatever session they came in", async () => {
  const incoming = await bench.restart({ limits: { addressFiles: 3, totalFiles: 5 } });
  const put = async (client: string, name: string) => {
    const session = await incoming.openSession({ origin: "ftp", key: `${client} ${name}`, client });
    try {
      await incoming.receive(session, name, streamOf(name));
    } finally {
      await incoming.endSession(session);
    }
  };
  await put("192.0.2.1", "hello_1_source.changes");
  await put("192.0.2.1", "a");
  await put("192.0.2.1", "b");

  await expect(put("192.0.2.1", "c")).rejects.toThrow(
    "3 files from 192.0.2.1 are in no accepted upload already; 3 are allowed.",
  );
  await put("192.0.2.2", "c");
  await put("192.0.2.2", "d");
  await expect(put("192.0.2.2", "e")).rejects.toThrow("5 files from all clients");
  bench.clock.advance(3 * 24 * 3600);
  await incoming.cleanUp();
  await put("192.0.2.1", "c");
});

test("of many files none is overlooked, though rows are not counted for each", async () => {
  const client = "192.0.2.1";
  const now = bench.clock.now().toISOString();
  const session = { id: "s", origin: "ftp", session_key: "k", client, started_at: now, last_file_at: now };
  const files = Array.from({ length: 995 }, (_, n) => ({
    ...{ session_id: "s", name: `n${n}`, sha256: sha256("1"), size: 1, received_at: now, upload_id: null },
  }));
  await bench.db.write(async (tx) => {
    await tx
      .insertInto("incoming_session")
      .values({ ...session, ended_at: null })
      .execute();
    await tx.insertInto("incoming_file").values(files).execute();
  });
  let reads = 0;
  const db = {
    ...bench.db,
    get read() {
      reads += 1;
      return bench.db.read;
    },
  };
  const quota = createQuota({ db, clock: bench.clock, limits: { ...DEFAULT_LIMITS, addressFiles: 1000 } });
  const put = async () => {
    await quota.check(client, { files: 1, bytes: 1 });
    quota.came(client, 1);
  };
  for (let n = 0; n < 5; n += 1) await put();

  await expect(put()).rejects.toMatchObject({ code: "incoming_too_many" });
  expect(reads).toBe(1);
  bench.clock.advance(10);
  await put();
});
