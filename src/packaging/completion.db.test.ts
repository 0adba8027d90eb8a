import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Row } from "#db";
import { createWorkTime } from "#jobs";
import { type Completion, createCompletion } from "./completion.ts";
import { type Bench, BKEY, NOW, openBench } from "./test-support.ts";
import { addRepository } from "./test-upload.ts";

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

  test("is installed in its own priority", async () => {
    const [id = 0] = await add("BUILT");
    await bench.db.write((tx) => tx.updateTable("packaging").set({ priority: 10 }).execute());

    await evaluate(id);

    const [job] = await bench.db.read.selectFrom("job").select(["kind", "priority"]).execute();
    expect(job).toEqual({ kind: "install", priority: 10 });
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

const HOUR_MS = 3_600_000;
const later = (ms: number) => new Date(Date.parse(NOW) + ms).toISOString();

/** A packaging with a needed build and one for an optional architecture. */
async function withOptional(needed: Partial<Row<"build">>, optional: Partial<Row<"build">>): Promise<number> {
  const id = await bench.addPackaging(await bench.addUpload());
  await bench.addBuild(id, { ended_at: NOW, ...needed });
  const arm = { arch: "arm64", bkey: `${BKEY} arm64`, optional: 1 as const };
  await bench.addBuild(id, { ...arm, ...optional });
  return id;
}

/** The same at another time. */
const completionAt = (ms: number) =>
  createCompletion({ ...bench, clock: { now: () => new Date(Date.parse(NOW) + ms) } });

/** Each who comes waits until so many have. */
function meeting(size: number): () => Promise<void> {
  const waiting: (() => void)[] = [];
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (waiting.length >= size) for (const go of waiting) go();
    });
}

async function buildsOfAll(): Promise<string[]> {
  const rows = await bench.db.read.selectFrom("build").selectAll().orderBy("id").execute();
  return rows.map(({ arch, state, cancel_requested }) => `${arch} ${state}${cancel_requested ? "!" : ""}`);
}

describe("optional architectures", () => {
  test("are waited for: a job looks again when that was long enough", async () => {
    const id = await withOptional({ state: "BUILT" }, { state: "QUEUED" });

    await evaluate(id);

    expect(await statesOf([id])).toEqual(["BUILDING"]);
    const [job] = await bench.db.read.selectFrom("job").selectAll().execute();
    expect(job).toMatchObject({ kind: "optional_wait", run_after: later(4 * HOUR_MS) });
  });

  test("are cancelled then, and the packaging is installed without them", async () => {
    const id = await withOptional({ state: "BUILT" }, { state: "DEP_WAIT" });

    await bench.db.write((tx) => completionAt(4 * HOUR_MS).evaluate(tx, id));

    expect(await statesOf([id])).toEqual(["INSTALLING"]);
    expect(await buildsOfAll()).toEqual(["amd64 BUILT", "arm64 CANCELLED!"]);
    expect(await bench.events.latest({}, 9)).toMatchObject([
      {
        ...{ type: "CANCELLED", arch: "arm64", data: { scope: "build" } },
        message: "arm64: optional, and waited for long enough",
      },
    ]);
  });

  test("are waited for in the time in which the engine runs, and looked at again after what is left of it", async () => {
    const id = await withOptional({ state: "BUILT" }, { state: "QUEUED" });
    let left = 3 * HOUR_MS;
    const clock = { now: () => new Date(later(12 * HOUR_MS)) };
    const afterNight = createCompletion({ ...bench, clock, workTime: { left: async () => left } });

    await bench.db.write((tx) => afterNight.evaluate(tx, id));
    expect(await statesOf([id])).toEqual(["BUILDING"]);
    const [job] = await bench.db.read.selectFrom("job").selectAll().execute();
    expect(job).toMatchObject({ kind: "optional_wait", run_after: later(15 * HOUR_MS) });
    left = 0;
    await bench.db.write((tx) => afterNight.evaluate(tx, id));

    expect(await statesOf([id])).toEqual(["INSTALLING"]);
  });

  test("that are cancelled at one instant do not wait for each other", async () => {
    const id = await withOptional({ state: "BUILT" }, { state: "BUILDING" });
    await bench.addBuild(id, { arch: "riscv64", bkey: `${BKEY} riscv64`, optional: 1, state: "BUILDING" });
    // An event, as each packaging has one.
    await bench.db.write((tx) => bench.events.record(tx, { type: "PACKAGING", message: "begins" }));
    const both = meeting(bench.db.dialect === "postgres" ? 2 : 1);
    const end = (arch: string) =>
      bench.db.write(async (tx) => {
        await tx.updateTable("build").set({ state: "CANCELLED" }).where("arch", "=", arch).execute();
        await both();
        await completion.evaluate(tx, id);
      });

    await Promise.all([end("arm64"), end("riscv64")]);

    expect(await statesOf([id])).toEqual(["INSTALLING"]);
  });

  test("one whose results are being stored counts, however late that is", async () => {
    const id = await withOptional({ state: "BUILT" }, { state: "UPLOADING" });

    await bench.db.write((tx) => completionAt(4 * HOUR_MS).evaluate(tx, id));

    expect(await buildsOfAll()).toEqual(["amd64 BUILT", "arm64 UPLOADING"]);
    expect(await bench.events.latest({}, 9)).toEqual([]);
  });

  test("of a daemon that begins are given up only behind what runners left", async () => {
    const id = await withOptional({ state: "BUILT" }, { state: "BUILDING" });
    const clock = { now: () => new Date(later(5 * HOUR_MS)) };
    const workTime = createWorkTime(clock);
    const begun = createCompletion({ ...bench, clock, workTime, optionalWaitSeconds: 1 });

    await bench.db.write(async (tx) => {
      await workTime.begin(tx);
      await begun.evaluateAll(tx);
    });

    expect(await buildsOfAll()).toEqual(["amd64 BUILT", "arm64 BUILDING"]);
    const [job] = await bench.db.read.selectFrom("job").select("run_after").execute();
    expect(job).toEqual({ run_after: later(5 * HOUR_MS + 60_000) });
    expect(id).toBeGreaterThan(0);
  });

  test("one that is being built is told to end, once, and waited for", async () => {
    const id = await withOptional({ state: "BUILT" }, { state: "BUILDING" });
    const evaluateLate = () => bench.db.write((tx) => completionAt(4 * HOUR_MS).evaluate(tx, id));

    await evaluateLate();
    await evaluateLate();

    expect(await statesOf([id])).toEqual(["BUILDING"]);
    expect(await buildsOfAll()).toEqual(["amd64 BUILT", "arm64 BUILDING!"]);
    expect(await bench.events.latest({}, 9)).toHaveLength(1);
  });

  test("end with a packaging that fails", async () => {
    const id = await withOptional({ state: "FAILED", reason: "package" }, { state: "QUEUED" });

    await evaluate(id);

    expect(await statesOf([id])).toEqual(["FAILED build"]);
    expect(await buildsOfAll()).toEqual(["amd64 FAILED", "arm64 CANCELLED!"]);
  });
});

describe("when a needed build failed, the others", () => {
  const failedAndOpen = () =>
    withOptional({ state: "FAILED", reason: "package" }, { state: "QUEUED", optional: 0 });

  test("go on, as their logs are wanted", async () => {
    await addRepository(bench);
    const id = await failedAndOpen();

    await evaluate(id);

    expect(await buildsOfAll()).toEqual(["amd64 FAILED", "arm64 QUEUED"]);
    expect(await statesOf([id])).toEqual(["BUILDING"]);
  });

  test("are cancelled where the repository is to fail fast", async () => {
    await addRepository(bench);
    await bench.db.write((tx) => tx.updateTable("repository").set({ fail_fast: 1 }).execute());
    const id = await failedAndOpen();
    const message = "waited long enough for build dependencies: libfoo-dev";
    await bench.db.write((tx) =>
      tx.updateTable("build").set({ message }).where("state", "=", "FAILED").execute(),
    );

    await evaluate(id);

    expect(await buildsOfAll()).toEqual(["amd64 FAILED", "arm64 CANCELLED!"]);
    expect(await bench.packaging(id)).toMatchObject({
      ...{ state: "FAILED", reason: "build" },
      message: `the build failed (amd64: package, arm64: cancelled): ${message}`,
    });
  });
});
