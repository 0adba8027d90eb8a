import { afterEach, beforeEach, expect, test } from "vitest";
import { type IncomingBench, openIncomingBench, sha256, streamOf } from "./testing.ts";

let bench: IncomingBench;
beforeEach(async () => {
  bench = await openIncomingBench();
});
afterEach(() => bench.close());

test("a clean-up goes on until nothing old is left, and reads what builds made once for all of it", async () => {
  const now = bench.clock.now().toISOString();
  const session = { id: "s", session_key: "k", started_at: now, last_file_at: now, ended_at: now };
  await bench.db.write(async (tx) => {
    await tx
      .insertInto("incoming_session")
      .values({ ...session, origin: "ftp", client: "192.0.2.1" })
      .execute();
    for (let n = 0; n <= 10_000; n += 500) {
      const names = Array.from({ length: 500 }, (_, i) => String(n + i));
      const rows = names.map((name) => ({
        ...{ session_id: "s", name, sha256: sha256(`${Number(name) % 300}`), size: 1, received_at: now },
        upload_id: null,
      }));
      await tx.insertInto("incoming_file").values(rows).execute();
    }
  });
  await bench.blobs.put(streamOf("299"));
  const read: string[] = [];
  const counting = new Proxy(bench.db.read, {
    get: (target, key) =>
      key === "selectFrom"
        ? (table: "build") => {
            read.push(table);
            return target.selectFrom(table);
          }
        : Reflect.get(target, key),
  });
  const incoming = await bench.restart({ db: { ...bench.db, read: counting } });
  bench.clock.advance(25 * 3600);

  const report = await incoming.cleanUp();

  expect(report).toMatchObject({ files: 10_500, blobs: 1 });
  expect(await bench.blobs.has(sha256("299"))).toBe(false);
  expect(await bench.db.read.selectFrom("incoming_session").selectAll().execute()).toEqual([]);
  expect(read.filter((table) => table === "build")).toHaveLength(1);
});
