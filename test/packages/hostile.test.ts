import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EventView } from "#events";
import {
  buildsOf,
  createPackages,
  type DiskImage,
  ensureServiceUser,
  type Instance,
  lendCgroups,
  mountImage,
  type Packages,
  type SourcePackage,
  sendByHttp,
  startInstance,
  waitForEnd,
} from "#testing";
import { HOSTILE as ALL, BESIDE, BREACH, helperPackage } from "./hostile-table.ts";

const wanted = process.env.MBD_HOSTILE?.split(",");
const HOSTILE = ALL.filter(({ name }) => wanted?.includes(name) ?? true);
const DISK = "mbd-evil-disk";

// Packages that wish us no good are really built, with low limits, on a file system of their own.
const GIB = 1024 ** 3;
const LIMITS = ["stalled=1min", "log=2MiB", "file=200MiB", "disk-free=2GiB", "memory=700MiB", "tasks=400"];

let image: DiskImage;
let giveBack: (() => Promise<void>) | undefined;
let instance: Instance;
let packages: Packages;
let pid: number;

beforeAll(async () => {
  giveBack = await lendCgroups(await ensureServiceUser());
  image = await mountImage(10 * GIB);
  const options = [...LIMITS.flatMap((limit) => ["--build-limit", limit]), "--slots", "3"];
  instance = await startInstance({ place: image.dir, serve: { options } });
  pid = instance.daemon.pid;
  packages = await createPackages(instance);
  const helper = await packages.make(helperPackage({ ...instance, pid }));
  await send(helper);
  await waitForEnd(instance, helper, "INSTALLED");
});
afterAll(async () => {
  await packages?.close();
  await instance?.close();
  await image?.close();
  await giveBack?.();
});

const send = (made: SourcePackage) => sendByHttp(instance.httpPort, made.files, `session-${made.source}`);

describe("a hostile package", () => {
  const made = new Map<string, SourcePackage>();
  let innocent: SourcePackage[];
  let beside: SourcePackage;

  // All at once: whatever one does, the others must not notice.
  beforeAll(async () => {
    innocent = await Promise.all(
      ["a", "b", "c"].map((name) => packages.make({ name: `mbd-innocent-${name}` })),
    );
    beside = await packages.make(BESIDE);
    for (const [index, { name, make }] of HOSTILE.entries()) {
      const source = await packages.make({ name, ...make({ ...instance, pid }) });
      made.set(name, source);
      // Before that, as no upload is taken while the disk is full.
      if (name === DISK) await send(beside);
      await send(source);
      const good = innocent[index / 4];
      if (good !== undefined) await send(good);
    }
  });

  async function ended(source: SourcePackage | undefined): Promise<EventView> {
    const match = { type: ["INSTALLED", "FAILED"] as const, source: source?.source ?? "" };
    return await instance.waitForEvent(match, 1_200_000);
  }

  test.each(HOSTILE)("$name $does: $state $reason", async ({ name, state, reason, message, logs }) => {
    const event = await ended(made.get(name));

    const [build] = await buildsOf(instance, event.packaging);
    expect(build, build?.log.slice(-3000)).toMatchObject({ state, reason, attempt: 1 });
    const told = (await instance.events()).find(
      ({ type, packaging }) => type === "BUILT" && packaging === event.packaging,
    );
    expect(told?.message).toMatch(message);
    expect(told?.message).not.toContain("\n");
    expect(event.type).toBe(state === "BUILT" ? "INSTALLED" : "FAILED");
    if (logs !== undefined) expect(build?.log).toMatch(logs);
    expect(build?.log.split("\n").filter((line) => line.startsWith(BREACH))).toEqual([]);
  });

  test("does not keep others from being installed", async () => {
    const sent = innocent.filter((_good, index) => index * 4 < HOSTILE.length);
    for (const good of sent) await waitForEnd(instance, good, "INSTALLED");
  });

  test.runIf(HOSTILE.some(({ name }) => name === DISK))(
    "fills the disk, and only that build ends",
    async () => {
      const event = await ended(beside);

      const [build] = await buildsOf(instance, event.packaging);
      expect(build, build?.log.slice(-3000)).toMatchObject({ state: "BUILT", attempt: 1 });
      expect(build?.log).toMatch(/^the disk is full$[\s\S]*^there is room again$/m);
    },
  );
});

test("files of results are plain files, whatever they were", async () => {
  const store = join(instance.home, "store");
  const modes = new Set<string>();
  for (const name of await readdir(store, { recursive: true })) {
    const { mode } = await stat(join(store, name));
    if ((mode & 0o170000) === 0o100000) modes.add((mode & 0o7333).toString(8));
  }

  expect([...modes]).toEqual(["0"]);
});

test("the daemon still runs, and nothing of the builds is left", async () => {
  expect(instance.daemon.pid).toBe(pid);
  expect(await instance.api("status")).toMatchObject({ load: 0 });
  expect(await readdir(join(instance.home, "work"))).toEqual([]);
  const left = instance.rows("SELECT id FROM build WHERE state NOT IN ('BUILT', 'FAILED', 'SKIPPED')");
  expect(left).toEqual([]);
  // All that it did for them is in the audit of its home: no file of theirs lies beside it.
  expect((await readdir(instance.home)).filter((name) => /^(?:x|evil|mbd)/.test(name))).toEqual([]);
});
