import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { enqueueBuild } from "#builds";
import type { Row } from "#db";
import { readQueue } from "./queue.ts";
import { type Bench, NOW, openBench } from "./test-support.ts";
import { addRepository, addSource } from "./test-upload.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
  await addRepository(bench);
  await bench.db.write((tx) => tx.insertInto("chroot").values(CHROOT).execute());
});
afterEach(() => bench.db.close());

const CHROOT = {
  ...{ codename: "bookworm", arch: "amd64", backend: "unshare", state: "active", tarball: "t", stamp: "1" },
};
const at = (seconds: number) => new Date(Date.parse(NOW) + seconds * 1000).toISOString();

/** A packaging of a source with one build, and the job of that while it is open. */
async function add(source: string, build: Partial<Row<"build">>, priority = 0): Promise<number> {
  const bkey = `${source}/1/20240102T030000Z/source`;
  const packaging = await bench.addPackaging(await bench.addUpload(), { bkey, source, priority });
  const id = await bench.addBuild(packaging, { bkey: `${bkey} amd64`, ...build });
  if (build.state === "QUEUED") await bench.db.write((tx) => enqueueBuild(tx, bench.queue, id));
  return id;
}

/** Good builds of a source, each of so many seconds. */
async function history(source: string, ...seconds: number[]): Promise<void> {
  for (const [index, took] of seconds.entries()) {
    const bkey = `${source}/0.${index}/20240101T030000Z/source`;
    const packaging = await bench.addPackaging(await bench.addUpload(), { bkey, source, state: "INSTALLED" });
    const times = { started_at: at(-5000), ended_at: at(took - 5000) };
    await bench.addBuild(packaging, { bkey: `${bkey} amd64`, state: "BUILT", ...times });
  }
}

const read = (engine: "running" | "stopped" = "running", slots = 1) =>
  readQueue(bench.db.read, { now: bench.clock.now(), engine, slots });

test("builds wait in their order, with why and until when", async () => {
  await history("a", 100, 60, 9000, 80, 70, 90, 80);
  await history("b", 30);
  await add("a", { state: "BUILDING", started_at: at(-20) });
  await add("b", { state: "QUEUED" });
  await add("new", { state: "QUEUED" });
  await add("b-first", { state: "QUEUED" }, 10);
  await add("deps", { state: "DEP_WAIT", message: "waits for libfoo-dev, being built by foo 2" });
  await history("b-first", 10);

  const { running, waiting } = await read();

  // The middle of the last five: 9000, 80, 70, 90, 80.
  expect(running).toMatchObject([{ source: "a", usualSeconds: 80, expectedEnd: at(60) }]);
  expect(waiting.map(({ source, waits, expectedEnd }) => [source, waits, expectedEnd])).toEqual([
    ["b-first", "waits for a free slot, next in turn", at(70)],
    ["b", "waits for a free slot, 1 before it", at(100)],
    ["new", "waits for a free slot, 2 before it", undefined],
    ["deps", "waits for libfoo-dev, being built by foo 2", undefined],
  ]);
});

test("what pauses has no turn and lets others pass", async () => {
  const id = await add("a", { state: "QUEUED", attempt: 1 });
  const change = { run_after: at(60), error: "sbuild failed in stage init" };
  await bench.db.write((tx) => tx.updateTable("job").set(change).execute());
  await add("b", { state: "QUEUED" });

  const { waiting } = await read();

  expect(waiting).toMatchObject([
    { source: "b", waits: "waits for a free slot, next in turn" },
    { id, waits: "pause after builder failure until 03:01 UTC: sbuild failed in stage init" },
  ]);
});

test("however many wait, what runs and what is next are told, and that there are more", async () => {
  await history("a", 100);
  await history("fix", 10);
  const upload = await bench.addUpload();
  for (let nth = 0; nth < 501; nth += 1) {
    const bkey = `old/${nth}/20240102T030000Z/source`;
    const id = await bench.addBuild(await bench.addPackaging(upload, { bkey, source: "old" }), { bkey });
    await bench.db.write((tx) => enqueueBuild(tx, bench.queue, id));
  }
  await add("deps", { state: "DEP_WAIT" });
  await add("fix", { state: "QUEUED" }, 10);
  await add("a", { state: "BUILDING", started_at: at(-20) });

  const { running, waiting, more } = await read();

  expect(running).toMatchObject([{ source: "a", expectedEnd: at(80) }]);
  // In the slot that the running one leaves.
  expect(waiting[0]).toMatchObject({ source: "fix", expectedEnd: at(90) });
  expect(waiting).toHaveLength(500);
  expect(more).toBe(true);
});

describe("all wait", () => {
  test("for the engine: nobody knows until when", async () => {
    await history("a", 100);
    await add("a", { state: "QUEUED" });

    expect((await read("stopped")).waiting).toMatchObject([
      { waits: "the engine is stopped", expectedEnd: undefined },
    ]);
  });

  test("for their source, when that is in error", async () => {
    await bench.db.write((tx) => tx.updateTable("source").set({ state: "error", error: "gone" }).execute());
    await add("a", { state: "QUEUED" });

    expect((await read()).waiting).toMatchObject([{ waits: "the source Debian bookworm is in error: gone" }]);
  });

  test("for an extra source, when that was never checked", async () => {
    const source = await addSource(bench, { codename: "bookworm-updates", state: "unchecked" });
    const extra_sources = JSON.stringify([{ source, priority: 500 }]);
    await bench.db.write((tx) => tx.updateTable("distribution").set({ extra_sources }).execute());
    await add("a", { state: "QUEUED" });

    expect((await read()).waiting).toMatchObject([
      { waits: "the source Debian bookworm-updates was not checked yet" },
    ]);
  });
});
