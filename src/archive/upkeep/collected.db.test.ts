import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Archive } from "../archive.ts";
import { createTestArchive, type TestArchive } from "../archive-support.ts";
import { contentAt, distributionsOf } from "../suites/index.ts";
import { testRelease } from "../suites/suites-support.ts";

const DAY_MS = 86_400_000;
const GRACE_DAYS = 1;
const MOMENT_DAYS = 30;

const distribution = fc.constantFrom("bookworm-test-unstable", "bookworm-test-testing");
const source = fc.constantFrom("a", "b");
const operation = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("install" as const),
      distribution,
      source,
      version: fc.constantFrom("1", "2", "3", "4", "5"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("remove" as const),
      distribution,
      source,
      keepRollback: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("copy" as const),
      from: distribution,
      to: distribution,
      source,
      force: fc.constant(true),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("pin" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("snapshot" as const), distribution }) },
);
const steps = fc.array(
  fc.record({ operation, days: fc.integer({ min: 0, max: 25 }), collect: fc.boolean() }),
  { minLength: 6, maxLength: 14 },
);

test("after each collection the pool holds exactly what the present, rollbacks, moments, pins and snapshots need", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      let aheadMs = 0;
      const clock = { now: () => new Date(Date.now() + aheadMs) };
      const fixture = await createTestArchive({ clock });
      const archive = fixture.again({
        sleep: async () => undefined,
        readDeb: async () => ({ control: "", paths: ["usr/bin/x"] }),
      });
      try {
        for (const suite of ["unstable", "testing"]) await fixture.live(suite, { rollbacks: 1 });
        for (const { operation: what, days, collect } of [
          ...all,
          { operation: { kind: "pin" as const }, days: 40, collect: true },
        ]) {
          aheadMs += days * DAY_MS;
          await perform(fixture, archive, what);
          for (const row of await distributionsOf(fixture.db.read, "test"))
            await archive.publish("test", row.name);
          if (!collect) continue;
          // Names that nobody has needed since yesterday go in the same run, as the clock of files is behind.
          const needed = await neededPaths(fixture, clock.now());
          await archive.gc({ blobUsers: async () => new Set(), busySources: async () => new Set() });
          expect(poolOf(fixture)).toEqual(needed);
          expect(await rowsOf(fixture)).toEqual(needed);
          expect(await neededPaths(fixture, clock.now())).toEqual(needed);
        }
      } finally {
        await fixture.close();
      }
    }),
    { numRuns: 5 },
  );
}, 300_000);

async function perform(
  { db, blobs }: TestArchive,
  archive: Archive,
  what:
    | { kind: "install"; distribution: string; source: string; version: string }
    | { kind: "remove"; distribution: string; source: string; keepRollback: boolean }
    | { kind: "copy"; from: string; to: string; source: string; force: boolean }
    | { kind: "pin" }
    | { kind: "snapshot"; distribution: string },
): Promise<void> {
  if (what.kind === "pin") {
    const newest = await db.read
      .selectFrom("publish")
      .select("id")
      .orderBy("id", "desc")
      .executeTakeFirstOrThrow();
    await db.write((tx) =>
      archive.pinMoment(tx, { repository: "test", publish: Number(newest.id), pinned: true }),
    );
    return;
  }
  if (what.kind === "snapshot") {
    await ignoreRefusal(() =>
      archive.snapshotCreate({ distribution: what.distribution, name: "s", by: "me" }),
    );
    return;
  }
  if (what.kind !== "install") {
    await ignoreRefusal(() => db.write((tx) => archive.apply(tx, what)));
    return;
  }
  const release = testRelease("test", "main", { name: what.source, version: what.version });
  // The sums of these packages are those of their paths.
  for (const { path } of release.packages.flatMap(({ files }) => files))
    await blobs.put(Readable.from([Buffer.from(`${path} `)]));
  const request = { kind: "install", distribution: what.distribution, release, force: true } as const;
  await ignoreRefusal(() => db.write((tx) => archive.apply(tx, request)));
}

/** A change that cannot be done changes nothing. */
async function ignoreRefusal(work: () => Promise<unknown>): Promise<void> {
  await work().catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error)) throw error;
  });
}

/** Files of everything that somebody may still ask for, found by asking for every state. */
async function neededPaths({ db }: TestArchive, now: Date): Promise<string[]> {
  const since = new Date(now.getTime() - (MOMENT_DAYS + GRACE_DAYS) * DAY_MS).toISOString();
  const publishes = await db.read.selectFrom("publish").selectAll().orderBy("id").execute();
  const snapshots = await db.read.selectFrom("snapshot").selectAll().execute();
  const beginning = publishes.filter(({ time }) => time < since).at(-1)?.id;
  const paths = new Set<string>();
  for (const row of await distributionsOf(db.read, "test")) {
    const states = publishes
      .filter(({ id, time, pinned }) => time >= since || pinned === 1 || id === beginning)
      .map(({ id }) => Number(id));
    const own = snapshots
      .filter((each) => each.distribution_id === row.id)
      .map(({ publish }) => Number(publish));
    for (const at of [...states, ...own]) {
      const shown = await db.read
        .selectFrom(contentAt(db.read, row, at))
        .selectAll("c")
        .execute();
      const releases = shown.flatMap(({ release_id }) => release_id ?? []);
      const whole =
        releases.length === 0
          ? []
          : await db.read
              .selectFrom("release_package")
              .select("package_id")
              .where("release_id", "in", releases)
              .execute();
      const ids = [...shown, ...whole].map(({ package_id }) => package_id);
      if (ids.length === 0) continue;
      const files = await db.read
        .selectFrom("package_file")
        .select("path")
        .where("package_id", "in", ids)
        .execute();
      for (const { path } of files) paths.add(path);
    }
  }
  return [...paths].sort();
}

async function rowsOf({ db }: TestArchive): Promise<string[]> {
  return (await db.read.selectFrom("pool_file").select("path").execute()).map(({ path }) => path).sort();
}

function poolOf({ root }: TestArchive): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => path.startsWith("pool/") && !lstatSync(join(root, path)).isDirectory())
    .sort();
}
