import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Completion, createCompletion } from "./completion.ts";
import { type Bench, openBench } from "./test-support.ts";

let bench: Bench;
let completion: Completion;
beforeEach(async () => {
  bench = await openBench();
  completion = createCompletion(bench);
});
afterEach(() => bench.db.close());

/** Packagings of one source in the order of acceptance, each with one build in the state given. */
async function add(...states: readonly string[]): Promise<number[]> {
  const upload = await bench.addUpload();
  const ids: number[] = [];
  for (const [index, state] of states.entries()) {
    const version = `2.${index}`;
    const bkey = `hello/${version}/20240102T030000Z/source`;
    const id = await bench.addPackaging(upload, { bkey, version, accepted_no: index + 1 });
    await bench.addBuild(id, { state, bkey: `${bkey} amd64` });
    ids.push(id);
  }
  return ids;
}

async function statesOf(ids: readonly number[]): Promise<string[]> {
  return await Promise.all(
    ids.map(async (id) => {
      const { state, reason } = await bench.packaging(id);
      return reason === null ? state : `${state} ${reason}`;
    }),
  );
}

const evaluate = (id: number | undefined) => bench.db.write((tx) => completion.evaluate(tx, id ?? 0));

describe("a good packaging", () => {
  test("ends all older ones that only wait for dependencies as superseded", async () => {
    const ids = await add("DEP_WAIT", "DEP_WAIT", "BUILT");

    await evaluate(ids[2]);

    expect(await statesOf(ids)).toEqual(["FAILED superseded", "FAILED superseded", "INSTALLING"]);
    const builds = await bench.db.read.selectFrom("build").select("state").orderBy("id").execute();
    expect(builds.map((build) => build.state)).toEqual(["CANCELLED", "CANCELLED", "BUILT"]);
    expect(await bench.jobs("install")).toEqual([`queued packaging:${ids[2]}`]);
    expect((await bench.events.latest({}, 9)).map(({ type, packaging }) => [type, packaging])).toEqual([
      ["FAILED", ids[1]],
      ["FAILED", ids[0]],
    ]);
  });

  test("waits while an older one is at work, and goes on when that begins to wait", async () => {
    const ids = await add("BUILDING", "BUILT");

    await evaluate(ids[1]);
    expect(await statesOf(ids)).toEqual(["BUILDING", "BUILDING"]);

    await bench.db.write((tx) =>
      tx.updateTable("build").set({ state: "DEP_WAIT" }).where("state", "=", "BUILDING").execute(),
    );
    await evaluate(ids[0]);
    expect(await statesOf(ids)).toEqual(["FAILED superseded", "INSTALLING"]);
  });

  test("waits while an older one has a build that waits and another at work", async () => {
    const ids = await add("DEP_WAIT", "BUILT");
    await bench.addBuild(ids[0] ?? 0, { arch: "arm64", bkey: "other arm64", state: "QUEUED" });

    await evaluate(ids[1]);

    expect(await statesOf(ids)).toEqual(["BUILDING", "BUILDING"]);
  });

  test("leaves younger ones and other distributions alone", async () => {
    const ids = await add("DEP_WAIT", "BUILT", "DEP_WAIT");
    await bench.db.write((tx) =>
      tx
        .updateTable("packaging")
        .set({ distribution: "bookworm-test-experimental" })
        .where("id", "=", ids[0] ?? 0)
        .execute(),
    );

    await evaluate(ids[1]);

    expect(await statesOf(ids)).toEqual(["BUILDING", "INSTALLING", "BUILDING"]);
  });
});
