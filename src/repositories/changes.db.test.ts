import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type { EventView } from "#events";
import { MbdError } from "#platform";
import {
  ADA,
  createTestRepository,
  STABLE,
  TESTING,
  type TestRepository,
  type TestRepositoryOptions,
  UNSTABLE,
} from "./changes-support.ts";
import { migrate, planMigrate } from "./migrate.ts";
import { createNamedSnapshot, deleteNamedSnapshot, namedSnapshots } from "./named-snapshots.ts";
import { planRemoveSource, removeSource } from "./remove.ts";

async function open(options?: TestRepositoryOptions): Promise<TestRepository> {
  const given = await createTestRepository(options);
  onTestFinished(() => given.close());
  return given;
}

const places = ["unstable", "testing", "stable", "hotfix"].flatMap((suite) =>
  ["", "-rollback0", "-rollback1", "-rollback2"].map((end) => `bookworm-test-${suite}${end}`),
);
const step = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("install" as const),
      distribution: fc.constantFrom(UNSTABLE, "bookworm-test-hotfix"),
      version: fc.constantFrom("1", "2", "3", "4"),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("migrate" as const),
      distribution: fc.constantFrom(...places),
      full: fc.boolean(),
      allowDowngrade: fc.boolean(),
      replace: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("remove" as const),
      distribution: fc.constantFrom(...places),
      withoutRollback: fc.boolean(),
    }),
  },
);
/** One of each kind; what chance adds begins there. */
const FIRST: readonly Step[] = [
  { kind: "install", distribution: UNSTABLE, version: "1" },
  { kind: "install", distribution: UNSTABLE, version: "2" },
  {
    ...{ kind: "migrate", distribution: `${UNSTABLE}-rollback0` },
    ...{ full: false, allowDowngrade: false, replace: true },
  },
  { kind: "migrate", distribution: UNSTABLE, full: false, allowDowngrade: false, replace: false },
  { kind: "remove", distribution: `${UNSTABLE}-rollback0`, withoutRollback: false },
];
type Held = Record<string, string[]>;

test("any sequence of calls keeps events and memberships in step", { timeout: 300_000 }, async () => {
  const given = await open();
  const done = new Map<string, number>();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 25, size: "max" }), async (steps) => {
      run += 1;
      const source = `hello${run}`;
      for (const each of [...FIRST, ...steps]) {
        const last = (await given.told()).length;
        const before = await given.held(source);
        const outcome = await attempt(given, source, each);
        const after = await given.held(source);
        const events = (await given.events.after(last)).events;
        if (each.kind === "install") continue;
        // Without a change there is no event, and the other way round.
        expect(events.length > 0).toBe(outcome === "done");
        if (outcome === "done") expect(told(before, events)).toEqual(after);
        else expect(after).toEqual(before);
        if (outcome === "done")
          for (const { type, data } of events) {
            const what = `${type} ${String(data.kind)}`;
            done.set(what, (done.get(what) ?? 0) + 1);
          }
      }
    }),
    { numRuns: 8, endOnFailure: true },
  );
  for (const what of ["MIGRATED migrate", "MIGRATED restore", "REMOVED remove"])
    expect(done.get(what) ?? 0, what).toBeGreaterThan(0);
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function attempt(given: TestRepository, source: string, each: Step): Promise<string> {
  try {
    if (each.kind === "install") await given.install(each.distribution, source, each.version);
    else if (each.kind === "migrate") {
      const plan = await planMigrate(given, { source, ...each }).catch(codeOf);
      const outcome = await migrate(given, { source, ...each }, ADA).catch(codeOf);
      if (typeof outcome === "string") expect(plan).toBe(outcome);
      if (typeof outcome === "string") return outcome;
    } else {
      const plan = await planRemoveSource(given, { source, ...each }).catch(codeOf);
      const outcome = await removeSource(given, { source, ...each }, ADA).catch(codeOf);
      if (typeof outcome === "string") expect(plan).toBe(outcome);
      if (typeof outcome === "string") return outcome;
    }
    return "done";
  } catch (error) {
    return codeOf(error);
  }
}

/** Everything else is a mistake of ours. */
function codeOf(error: unknown): string {
  if (error instanceof MbdError && error.status < 500) return error.code;
  throw error;
}

/** What distributions hold after what events tell: all that a reader of events needs to know. */
function told(before: Held, events: readonly EventView[]): Held {
  const now = new Map(Object.entries(before));
  for (const { type, distribution = "", version = "", component = "", data } of events) {
    const live = distribution.replace(/-rollback\d+$/, "");
    for (const name of [...now.keys()]) if (name.startsWith(`${live}-rollback`)) now.delete(name);
    for (const [position, each] of (data.rollbacks as string[]).entries())
      now.set(`${live}-rollback${position}`, [`${each} ${component}`]);
    if (type === "MIGRATED") now.set(live, [`${version} ${component}`]);
    else if (live === distribution) now.delete(live);
  }
  return Object.fromEntries(now);
}

test("a change whose event cannot be written does not happen", async () => {
  const given = await open();
  await given.install(UNSTABLE, "hello", "1");
  await given.install(STABLE, "hello", "0");
  const before = await given.held("hello");
  let written = 0;
  const failing = (at: number) => {
    written = 0;
    return {
      ...given,
      events: {
        ...given.events,
        async record(...args: Parameters<typeof given.events.record>) {
          const id = await given.events.record(...args);
          written += 1;
          if (written === at) throw new Error("the process ends");
          return id;
        },
      },
    };
  };

  const full = { source: "hello", distribution: UNSTABLE, full: true };
  for (const at of [1, 2]) await expect(migrate(failing(at), full, ADA)).rejects.toThrow("the process ends");
  const gone = { source: "hello", distribution: STABLE };
  await expect(removeSource(failing(1), gone, ADA)).rejects.toThrow("the process ends");
  const snapshot = { distribution: STABLE, name: "first" };
  await expect(createNamedSnapshot(failing(1), snapshot, ADA)).rejects.toThrow("the process ends");

  expect(await given.held("hello")).toEqual(before);
  expect(await given.told()).toEqual([]);
  expect(await namedSnapshots(given, STABLE)).toEqual([]);
  expect(given.shown).toEqual([]);
});

describe("a change that is made", () => {
  const hello = { source: "hello", distribution: UNSTABLE };
  const failing = (at: string) => async (distribution: string) => {
    if (distribution === at) throw new Error("no space is left");
  };

  test("is answered and told as made when its publish fails, which goes on as a job", async () => {
    const given = await open({ onPublish: failing(TESTING) });
    await given.install(UNSTABLE, "hello", "1.0");
    given.fixture.asked.length = 0;

    const moved = await migrate(given, { ...hello, full: true }, ADA);

    const job = `publish test/${TESTING}`;
    expect(moved).toMatchObject({
      ...{ version: "1.0", events: [1, 2] },
      unpublished: [{ distribution: TESTING, job, reason: "no space is left" }],
    });
    expect(Object.keys(await given.held("hello")).sort()).toEqual([STABLE, TESTING, UNSTABLE]);
    expect((await given.told()).map(({ type }) => type)).toEqual(["MIGRATED", "MIGRATED"]);
    // The other one is shown nevertheless.
    expect(given.shown).toEqual([TESTING, STABLE]);
    expect(given.fixture.asked).toContain(`test/${TESTING}`);
  });

  test("is so also when it was removed, restored, or named", async () => {
    const given = await open({
      async onPublish() {
        throw new Error("no space is left");
      },
    });
    for (const version of ["1.0", "2.0"]) await given.install(UNSTABLE, "hello", version);
    const rollback = `${UNSTABLE}-rollback0`;

    const removed = await removeSource(given, hello, ADA);
    const restored = await migrate(given, { source: "hello", distribution: rollback }, ADA);
    const named = await createNamedSnapshot(given, { distribution: UNSTABLE, name: "first" }, ADA);
    const forgotten = await deleteNamedSnapshot(given, { distribution: UNSTABLE, name: "first" }, ADA);

    const names = (all: readonly { readonly distribution: string }[] = []) =>
      all.map(({ distribution }) => distribution);
    expect(names(removed.unpublished)).toContain(UNSTABLE);
    expect(names(restored.unpublished)).toContain(UNSTABLE);
    expect([names(named), names(forgotten)]).toEqual([[UNSTABLE], [UNSTABLE]]);
    expect((await given.told()).map(({ type }) => type)).toEqual([
      ...["REMOVED", "MIGRATED"],
      ...["SNAPSHOT", "SNAPSHOT"],
    ]);
  });

  test("is answered in time when its publish is slow", async () => {
    let end: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => {
      end = resolve;
    });
    const given = await open({ onPublish: async () => await slow, publishWaitMs: 50 });
    await given.install(UNSTABLE, "hello", "1.0");

    const moved = await migrate(given, hello, ADA);
    end();

    expect(moved.unpublished).toMatchObject([
      { distribution: TESTING, reason: "it takes longer than 0.05 seconds" },
    ]);
    expect(await given.told()).toHaveLength(1);
  });

  test("says nothing of that when clients see it", async () => {
    const given = await open();
    await given.install(UNSTABLE, "hello", "1.0");

    expect(await migrate(given, hello, ADA)).not.toHaveProperty("unpublished");
    expect(await removeSource(given, hello, ADA)).not.toHaveProperty("unpublished");
  });
});

test("when a call returns, clients see what it did", async () => {
  const given = await open({ realFiles: true });
  await given.install(UNSTABLE, "hello", "1.0-1");
  await given.install(UNSTABLE, "hello", "1.1-1");
  const versions = (distribution: string) => {
    const file = join(given.fixture.root, "dists", distribution, "main/binary-amd64/Packages.gz");
    const text = existsSync(file) ? gunzipSync(readFileSync(file)).toString() : "";
    return [...new Set([...text.matchAll(/^Version: (.*)$/gm)].map(([, version]) => version))];
  };

  await migrate(given, { source: "hello", distribution: UNSTABLE, full: true }, ADA);
  expect([TESTING, STABLE].map(versions)).toEqual([["1.1-1"], ["1.1-1"]]);

  const back = { source: "hello", distribution: `${UNSTABLE}-rollback0`, replace: true };
  await migrate(given, back, ADA);
  expect([UNSTABLE, `${UNSTABLE}-rollback0`].map(versions)).toEqual([["1.0-1"], ["1.1-1"]]);

  await createNamedSnapshot(given, { distribution: STABLE, name: "before" }, ADA);
  await removeSource(given, { source: "hello", distribution: STABLE }, ADA);
  const shown = [STABLE, `${STABLE}-rollback0`, `${STABLE}/snapshots/before`].map(versions);
  expect(shown).toEqual([[], ["1.1-1"], ["1.1-1"]]);

  await deleteNamedSnapshot(given, { distribution: STABLE, name: "before" }, ADA);
  expect(versions(`${STABLE}/snapshots/before`)).toEqual([]);
});
