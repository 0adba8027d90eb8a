import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ArchiveRequest } from "#api";
import type { Archive } from "#archive";
import type { TestArchive } from "#archive/testing";
import { readDeb } from "#deb";
import { createEvents, type EventView } from "#events";
import { createVerifier } from "#keys";
import { exec, homeAt, silentLog, systemClock } from "#platform";
import { BY_HAND, createSetUpArchive, installHello, TESTING, UNSTABLE } from "../repository-support.ts";
import { createArchiveAdmin } from "./admin.ts";

let fixture: TestArchive;
/** Distributions whose publish fails. */
let failing: string[];
beforeEach(async () => {
  fixture = await createSetUpArchive();
  failing = [];
});
afterEach(() => fixture.close());

const events = () => createEvents({ db: fixture.db, clock: systemClock, instance: "acme" });
const told = async (): Promise<EventView[]> => (await events().after(0)).events;

async function run(request: ArchiveRequest) {
  const { db, blobs, root } = fixture;
  const home = homeAt(join(root, "../.."));
  const archive: Archive = {
    ...fixture.archive,
    async publish(_repository, distribution) {
      if (failing.includes(distribution)) throw new Error("no space is left");
    },
  };
  const admin = createArchiveAdmin({
    ...{ db, blobs, home, archive, exec, readDeb, clock: systemClock, log: silentLog, events: events() },
    ...{ identity: "acme", hostname: "host", queue: { enqueue: async () => undefined } },
    verifier: createVerifier({ exec, clock: systemClock, keyringsDir: home.keyrings }),
  });
  const io = { files: [], progress: () => undefined, signal: new AbortController().signal };
  return await admin.run(request, io);
}

type Requested<C extends ArchiveRequest["command"]> = Extract<ArchiveRequest, { command: C }>;
const sources = [{ source: "hello" }];
const copy = (from: string, to: string): Requested<"copy"> => ({ command: "copy", from, to, sources });
const remove = (distribution: string): Requested<"remove"> => ({ command: "remove", distribution, sources });

test("changes by hand tell what calls tell", async () => {
  for (const version of ["1.0", "2.0"]) await installHello(fixture, UNSTABLE, version);
  const rollback = `${UNSTABLE}-rollback0`;

  await run({ ...copy(UNSTABLE, TESTING), dryRun: true });
  await run(copy(UNSTABLE, TESTING));
  await run({ command: "restore", distribution: rollback, source: "hello", force: true });
  await run(remove(TESTING));
  await run({ command: "snapshot-create", distribution: TESTING, name: "first" });
  await run({ command: "snapshot-delete", distribution: TESTING, name: "first" });

  const hello = { source: "hello", component: "main", actor: { kind: "user", name: "local" } };
  const snapshot = { type: "SNAPSHOT", distribution: TESTING, suite: "testing" };
  expect(await told()).toMatchObject([
    {
      ...{ ...hello, type: "MIGRATED", version: "2.0", distribution: TESTING, repository: "setup" },
      message: `migrated from ${UNSTABLE}`,
      data: { kind: "migrate", from: UNSTABLE, to: TESTING, replaced: null, rollbacks: [] },
    },
    {
      ...{ ...hello, type: "MIGRATED", version: "1.0", distribution: UNSTABLE },
      message: `restored from ${rollback}, replaces 2.0`,
      data: { kind: "restore", from: rollback, to: UNSTABLE, replaced: "2.0", rollbacks: ["2.0"] },
    },
    {
      ...{ ...hello, type: "REMOVED", version: "2.0", distribution: TESTING },
      message: `removed, kept in ${TESTING}-rollback0`,
      data: { kind: "remove", from: TESTING, to: `${TESTING}-rollback0`, rollbacks: ["2.0"] },
    },
    { ...snapshot, data: { action: "create", name: "first" } },
    { ...snapshot, data: { action: "delete", name: "first" } },
  ]);
});

test("copying all tells of each source that came, and of nothing that was there", async () => {
  await installHello(fixture, UNSTABLE, "1.0");
  await run({ command: "copy", from: UNSTABLE, to: TESTING, full: true });
  await run({ command: "copy", from: UNSTABLE, to: TESTING, full: true });

  expect(await told()).toMatchObject([{ type: "MIGRATED", source: "hello", version: "1.0" }]);
});

test("a change that fails tells nothing, not of its parts either", async () => {
  await installHello(fixture, UNSTABLE, "1.0");
  const both = [...sources, { source: "nothing" }];

  await expect(run({ ...copy(UNSTABLE, TESTING), sources: both })).rejects.toMatchObject({
    code: "not_found",
  });

  expect(await told()).toEqual([]);
  expect(await fixture.archive.places("setup", "hello")).toHaveLength(1);
});

test("distributions that no set-up knows have no events", async () => {
  await installHello(fixture, BY_HAND, "1.0");
  await run(remove(BY_HAND));
  await run({ command: "snapshot-create", distribution: BY_HAND, name: "first" });

  expect(await told()).toEqual([]);
});

test("what apt does not see yet is done nevertheless, and the report says both", async () => {
  await installHello(fixture, UNSTABLE, "1.0");
  failing = [TESTING];

  const report = await run(copy(UNSTABLE, TESTING));
  const quiet = await run({ ...remove(TESTING), wait: false });

  expect(report).toMatchObject({
    failed: true,
    result: { unpublished: [{ distribution: TESTING, reason: "no space is left" }] },
  });
  expect(report.lines.at(-1)).toMatch(/: it is done, but apt does not see it yet \(no space is left\)/);
  expect(quiet.failed).toBeUndefined();
  expect((await told()).map(({ type }) => type)).toEqual(["MIGRATED", "REMOVED"]);
});
