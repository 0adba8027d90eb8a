import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Archive } from "#archive";
import { findBuild } from "#builds";
import type { Row, RowUpdate } from "#db";
import { createBlobStore, silentLog } from "#platform";
import { createBuildHooks } from "./build-hooks.ts";
import { createCompletion } from "./completion.ts";
import { type Bench, NOW, openBench } from "./test-support.ts";
import { addRepository, addSource } from "./test-upload.ts";

const LONG_AGO = "2024-01-01T00:00:00.000Z";

let bench: Bench;
let updates: number;
beforeEach(async () => {
  bench = await openBench();
  await addRepository(bench);
  updates = await addSource(bench, { codename: "bookworm-updates", checked_at: LONG_AGO });
  await setExtra([updates]);
});
afterEach(() => bench.db.close());

const setExtra = (ids: readonly number[]) =>
  bench.db.write(async (tx) => {
    const extra_sources = JSON.stringify(ids.map((source) => ({ source, priority: 500 })));
    await tx.updateTable("distribution").set({ extra_sources }).execute();
  });

const setSource = (codename: string, change: RowUpdate<"source">) =>
  bench.db.write((tx) => tx.updateTable("source").set(change).where("codename", "=", codename).execute());

async function held(): Promise<string | undefined> {
  const hooks = createBuildHooks({
    ...bench,
    ...{ archive: {} as Archive, completion: createCompletion(bench), log: silentLog },
    blobs: createBlobStore("/nonexistent"),
  });
  const id = await bench.addBuild(await bench.addPackaging(await bench.addUpload()));
  return await hooks.hold((await findBuild(bench.db.read, id)) as Row<"build">);
}

describe("a build is held", () => {
  test("by no source that is good", async () => {
    expect(await held()).toBeUndefined();

    expect(await bench.jobs("source_check")).toEqual([]);
  });

  test.each([
    ["unchecked", null, "the source Debian bookworm-updates was not checked yet"],
    ["error", "it is stale", "the source Debian bookworm-updates is in error: it is stale"],
  ])("by an extra source that is %s, which is checked again", async (state, error, why) => {
    await setSource("bookworm-updates", { state, error });

    expect(await held()).toBe(why);

    expect(await bench.jobs("source_check")).toEqual([`queued source:${updates}`]);
  });

  test("by one that was checked just now, too, but that is not checked again yet", async () => {
    await setSource("bookworm-updates", { state: "error", checked_at: NOW });

    expect(await held()).toContain("bookworm-updates");

    expect(await bench.jobs("source_check")).toEqual([]);
  });

  test("by its base first, and all that are in trouble are checked", async () => {
    await bench.db.write((tx) => tx.updateTable("source").set({ state: "error", error: "gone" }).execute());

    expect(await held()).toBe("the source Debian bookworm is in error: gone");

    expect(await bench.jobs("source_check")).toHaveLength(2);
  });

  test("by no source of other distributions", async () => {
    await setSource("bookworm-updates", { state: "error" });
    await setExtra([]);

    expect(await held()).toBeUndefined();
  });
});
