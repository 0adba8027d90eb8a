import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDiskWatch, createRoomMark } from "./disk.ts";
import { roomIn, type Scarce, usedIn } from "./room.ts";
import { WORK_FILES } from "./task.ts";

const LIMIT = 1000;

let work: string;
let free: number;
let scarce: Scarce;
/** How far the clock of the test is ahead; the times of files are real ones. */
let aheadMs: number;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "mbd-disk-"));
  free = LIMIT - 1;
  scarce = "bytes";
  aheadMs = 0;
});
afterEach(() => rmSync(work, { recursive: true }));

const dirOf = (name: string) => join(work, name);

/** A build of this size that runs, with its eye on the disk. */
function build(name: string, bytes: number) {
  mkdirSync(dirOf(name));
  writeFileSync(join(dirOf(name), WORK_FILES.runner), "{}");
  writeFileSync(join(dirOf(name), "data"), Buffer.alloc(bytes, 1));
  return createDiskWatch(dirOf(name), LIMIT, {
    nowMs: () => Date.now() + aheadMs,
    room: async () => ({ share: free / LIMIT, scarce }),
    // However busy the machine of the tests is.
    lookMs: 60_000,
  });
}

const told = (name: string) =>
  JSON.parse(readFileSync(join(dirOf(name), WORK_FILES.usage), "utf8")) as {
    used: number;
    ends: boolean;
  };

describe("a build on a disk that is nearly full", () => {
  it("does not give way before its neighbours have told their sizes, though it looked first", async () => {
    const small = build("1", 10_000);
    const large = build("2", 3_000_000);

    expect(await small.mustGiveWay()).toBe(false);
    expect(await large.mustGiveWay()).toBe(false);
    aheadMs += 2000;
    expect(await small.mustGiveWay()).toBe(false);
    expect(await large.mustGiveWay()).toBe(true);
  });

  it("gives way at once when it is alone", async () => {
    expect(await build("1", 10_000).mustGiveWay()).toBe(true);
  });

  it("does not wait for ever for a neighbour that says nothing, nor for one that has ended", async () => {
    const one = build("1", 10_000);
    build("2", 3_000_000);
    build("3", 3_000_000);
    writeFileSync(join(dirOf("3"), WORK_FILES.result), "{}");

    expect(await one.mustGiveWay()).toBe(false);
    aheadMs += 9000;
    expect(await one.mustGiveWay()).toBe(false);
    aheadMs += 2000;
    expect(await one.mustGiveWay()).toBe(true);
  });

  it("waits while a larger one is on its way out, and for all others to tell anew behind that", async () => {
    const small = build("1", 10_000);
    build("2", 3_000_000);
    const room = createRoomMark(dirOf("2"));

    room.set();
    for (let turn = 0; turn < 15; turn += 1) {
      expect(await small.mustGiveWay()).toBe(false);
      aheadMs += 2000;
    }
    room.clear();
    expect(await small.mustGiveWay()).toBe(false);
    aheadMs += 10_000;
    expect(await small.mustGiveWay()).toBe(true);
  });

  it("does not believe for ever that room is coming", async () => {
    const small = build("1", 10_000);
    build("2", 3_000_000);
    const room = createRoomMark(dirOf("2"));
    room.set();
    utimesSync(join(dirOf("2"), WORK_FILES.usage), 1, 1);

    const first = await small.mustGiveWay();
    aheadMs += 10_000;

    expect([first, await small.mustGiveWay()]).toEqual([false, true]);
    room.clear();
  });

  it("tells that it gives way, so that no other does", async () => {
    const one = build("1", 3_000_000);
    await one.mustGiveWay();

    expect(told("1")).toMatchObject({ ends: true });
  });

  it("is asked again while it is being counted, which may take minutes", async () => {
    let resolve = (_files: number): void => undefined;
    const counted = new Promise<number>((done) => {
      resolve = done;
    });
    mkdirSync(dirOf("1"));
    writeFileSync(join(dirOf("1"), WORK_FILES.runner), "{}");
    const room = async () => ({ share: 0.4, scarce });
    const watch = createDiskWatch(dirOf("1"), LIMIT, { room, used: () => counted });

    expect(await watch.mustGiveWay()).toBe(false);
    expect(await watch.mustGiveWay()).toBe(false);
    resolve(1);

    expect(await watch.mustGiveWay()).toBe(true);
    expect(watch.starved()).toBe(true);
    await watch.close();
  });

  it("ends what counts when nobody wants to know any more", async () => {
    mkdirSync(dirOf("1"));
    const used = (_dir: string, _scarce: Scarce, signal?: AbortSignal) =>
      new Promise<undefined>((resolve) => signal?.addEventListener("abort", () => resolve(undefined)));
    const watch = createDiskWatch(dirOf("1"), LIMIT, { room: async () => ({ share: 0.4, scarce }), used });
    await watch.mustGiveWay();

    await watch.close();

    expect(existsSync(join(dirOf("1"), WORK_FILES.usage))).toBe(false);
  });

  it("compares files where there is no room for more of them", async () => {
    scarce = "files";
    const large = build("1", 3_000_000);
    const many = build("2", 10);
    for (let file = 0; file < 50; file += 1) writeFileSync(join(dirOf("2"), `f${file}`), "");
    const looks = async () => [await large.mustGiveWay(), await many.mustGiveWay()];
    await looks();
    aheadMs += 2000;

    expect(await looks()).toEqual([false, true]);
  });

  it("of two of one size only the first by name gives way", async () => {
    const [one, two] = [build("1", 10_000), build("2", 10_000)];
    // What they tell takes room, too.
    for (const name of ["1", "2"]) writeFileSync(join(dirOf(name), WORK_FILES.usage), " ");
    const looks = async () => [await two.mustGiveWay(), await one.mustGiveWay()];

    await looks();
    aheadMs += 2000;

    expect(await looks()).toEqual([false, true]);
  });
});

describe("a build on a disk that is becoming full", () => {
  it("tells its size and goes on", async () => {
    free = LIMIT;

    expect(await build("1", 3_000_000).mustGiveWay()).toBe(false);
    expect(told("1")).toMatchObject({ ends: false });
    expect(told("1").used).toBeGreaterThanOrEqual(3_000_000);
  });

  it("says nothing while there is twice the room", async () => {
    free = 2 * LIMIT;

    expect(await build("1", 3_000_000).mustGiveWay()).toBe(false);
    expect(existsSync(join(dirOf("1"), WORK_FILES.usage))).toBe(false);
  });
});

it("measures the directory and the free space around it", async () => {
  build("1", 3_000_000);

  expect(await usedIn(dirOf("1"), "bytes")).toBeGreaterThanOrEqual(3_000_000);
  expect(await usedIn(dirOf("1"), "files")).toBe(3);
  expect((await roomIn(work, 1)).share).toBeGreaterThan(1);
});

it("counts what a build holds open that has no name any more", async () => {
  mkdirSync(dirOf("1"));
  const script = "exec 3>gone; rm gone; head -c 3000000 /dev/zero >&3; echo; exec sleep 600";
  const holder = spawn("sh", ["-c", script], { cwd: dirOf("1"), stdio: ["ignore", "pipe", "ignore"] });
  await once(holder.stdout, "data");

  const used = [await usedIn(dirOf("1"), "bytes"), await usedIn(dirOf("1"), "files")];
  holder.kill("SIGKILL");
  await once(holder, "exit");

  expect(used[0]).toBeGreaterThanOrEqual(3_000_000);
  expect(used[1]).toBe(2);
});
