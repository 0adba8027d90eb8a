import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findChroot } from "./chroot-store.ts";
import { type ChrootBench, openChrootBench } from "./chroot-test-support.ts";

const DAY_MS = 86_400_000;

let bench: ChrootBench;
beforeEach(async () => {
  bench = await openChrootBench();
});
afterEach(() => bench.close());

describe("the first chroot", () => {
  test("is made when a build wants it, once for all that want it", async () => {
    const [first, second] = await Promise.all([
      bench.service.ensure("bookworm", bench.arch),
      bench.service.ensure("bookworm", bench.arch),
    ]);

    expect(first).toEqual({
      tarball: join(bench.home.chroots, `bookworm-${bench.arch}-20240102030405.tar.zst`),
      stamp: "20240102030405",
    });
    expect(second).toEqual(first);
    expect(await bench.row()).toMatchObject({ state: "active", stamp: "20240102030405", error: null });
    expect(await bench.messages()).toEqual([`mini-buildd-bookworm-${bench.arch} was made in 0 s`]);
    expect(readdirSync(bench.home.work)).toEqual([]);
  });

  test("that cannot be made is in error with the reason, and is tried again", async () => {
    bench.control("fail", "");

    await expect(bench.service.ensure("bookworm", bench.arch)).rejects.toMatchObject({
      code: "chroot_failed",
    });

    expect(await bench.row()).toMatchObject({
      state: "error",
      tarball: null,
      error: expect.stringContaining("E: no such archive"),
    });
    rmSync(join(bench.home.root, "fail"));
    bench.later(60_000);
    expect((await bench.service.ensure("bookworm", bench.arch)).stamp).toBe("20240102030505");
  });

  test("that cannot be made is made again after growing pauses, however many builds ask; told once", async () => {
    bench.control("fail", "");
    const tried: number[] = [];
    for (let minute = 0; minute < 60; minute += 1) {
      rmSync(join(bench.home.root, "command"), { force: true });
      const asked = [
        bench.service.ensure("bookworm", bench.arch),
        bench.service.ensure("bookworm", bench.arch),
      ];
      for (const answer of await Promise.allSettled(asked)) {
        expect(answer).toMatchObject({ reason: { code: "chroot_failed" } });
      }
      if (existsSync(join(bench.home.root, "command"))) tried.push(minute);
      bench.later(60_000);
    }
    expect(tried).toEqual([0, 1, 3, 8, 18, 33, 48]);
    expect(await bench.messages()).toHaveLength(1);

    rmSync(join(bench.home.root, "fail"));
    bench.control("arch", "s390x\n");
    await expect(bench.service.ensure("bookworm", bench.arch)).rejects.toThrow("no such archive");
    bench.later(15 * 60_000);
    await expect(bench.service.ensure("bookworm", bench.arch)).rejects.toThrow("s390x");
    expect(await bench.messages()).toHaveLength(2);
  });

  test("that was mended by a remake is there for builds at once", async () => {
    bench.control("fail", "");
    await expect(bench.service.ensure("bookworm", bench.arch)).rejects.toMatchObject({
      code: "chroot_failed",
    });
    rmSync(join(bench.home.root, "fail"));

    await bench.service.remakeNow([`bookworm:${bench.arch}`]);

    expect((await bench.service.ensure("bookworm", bench.arch)).stamp).toBe("20240102030405");
  });

  test("that does not start, or is of another architecture, is not used", async () => {
    bench.control("arch", "s390x\n");

    await expect(bench.service.ensure("bookworm", bench.arch)).rejects.toThrow("its architecture is 's390x'");

    expect(bench.tarballs()).toEqual([]);
  });

  test("needs a source that was checked", async () => {
    await bench.addSource("sid", "unchecked");

    await expect(bench.service.ensure("sid", bench.arch)).rejects.toThrow("Source sid cannot be used");
  });
});

describe("a remake", () => {
  const remake = async () => bench.service.job.handle(await bench.context());
  const reasons = async () => (await bench.service.remakeDue()).map(({ reason }) => reason);

  test("gives a new file; the old one goes when no build uses it any more", async () => {
    const old = await bench.service.ensure("bookworm", bench.arch);
    bench.later(2 * 3_600_000);
    bench.inUse = [old.tarball];
    await remake();
    const fresh = await bench.service.ensure("bookworm", bench.arch);

    expect(fresh.stamp).toBe("20240102050405");
    expect(bench.tarballs()).toHaveLength(2);
    bench.inUse = [];
    await bench.service.recover();
    expect(existsSync(old.tarball)).toBe(false);
    expect(existsSync(fresh.tarball)).toBe(true);
  });

  test("that fails keeps the old one, which is stale", async () => {
    const old = await bench.service.ensure("bookworm", bench.arch);
    bench.control("fail", "");
    bench.later(DAY_MS);

    await expect(remake()).rejects.toMatchObject({ code: "chroot_failed" });

    expect(await bench.row()).toMatchObject({ state: "stale", stamp: old.stamp });
    expect(await bench.service.ensure("bookworm", bench.arch)).toEqual(old);
  });

  test("that the daemon's stop ends is no failure", async () => {
    await bench.service.ensure("bookworm", bench.arch);
    const stopping = await bench.context(AbortSignal.abort());

    await expect(bench.service.job.handle(stopping)).rejects.toThrow();

    expect(await bench.row()).toMatchObject({ state: "active", error: null });
    expect(await bench.messages()).toHaveLength(1);
  });

  test("that a build waits for ends with the daemon, too, and that is no failure", async () => {
    bench.control("hang", "");
    const waiting = bench.service.ensure("bookworm", bench.arch);
    await expect.poll(() => existsSync(join(bench.home.root, "command")), { timeout: 10_000 }).toBe(true);

    bench.service.stop();

    await expect(waiting).rejects.toThrow("the daemon stops");
    expect(await findChroot(bench.db.read, "bookworm", bench.arch)).toMatchObject({
      state: "missing",
      error: null,
    });
    expect(await bench.messages()).toEqual([]);
  });

  test("is due after a week, when a source changed, and when there is none yet", async () => {
    await bench.db.write((tx) => bench.service.add(tx, "bookworm", bench.arch));
    expect(await bench.queued()).toHaveLength(1);
    await bench.db.write((tx) => tx.deleteFrom("job").execute());
    expect(await reasons()).toEqual(["there is none"]);
    await bench.service.ensure("bookworm", bench.arch);
    expect(await reasons()).toEqual([]);

    bench.later(6 * DAY_MS);
    expect(await reasons()).toEqual([]);
    bench.later(2 * DAY_MS);
    expect(await reasons()).toEqual(["it is older than 7 days"]);
    await remake();
    await bench.db.write((tx) =>
      tx.updateTable("source").set({ release_date: "2024-01-09T00:00:00.000Z" }).execute(),
    );
    expect(await reasons()).toEqual(["its sources or blocks changed"]);
    const subjects = (await bench.queued()).map(({ subject }) => subject);
    expect(subjects).toContain(`bookworm:${bench.arch}`);
  });

  test("is due when its list of blocks changed, and when a block in it has another version", async () => {
    await bench.service.ensure("bookworm", bench.arch);
    const setVersion = (version: number) =>
      bench.db.write((tx) =>
        tx
          .updateTable("block")
          .set({ version, text: `echo ${version}\n` })
          .execute(),
      );
    await bench.db.write(async (tx) => {
      const parts = {
        packages: '["less"]',
        variables: "{}",
        path: "[]",
        removed: 0 as const,
        changed_at: "",
      };
      await tx
        .insertInto("block")
        .values({ ...parts, name: "own", phase: "chroot", version: 1, text: "echo 1\n" })
        .execute();
      await tx.updateTable("chroot").set({ blocks: '["eatmydata","own"]' }).execute();
    });
    expect(await reasons()).toEqual(["its sources or blocks changed"]);
    await remake();
    expect(await reasons()).toEqual([]);
    await setVersion(2);
    expect(await reasons()).toEqual(["its sources or blocks changed"]);
    const command = readFileSync(join(bench.home.root, "command"), "utf8");
    expect(command).toContain("--include=fakeroot,eatmydata,less\n");
  });

  test("is due when apt knows newer packages, and not when a source cannot be read", async () => {
    await bench.service.ensure("bookworm", bench.arch);
    bench.simulated =
      "Inst libc6 [2.36-9] (2.36-10 Debian:12 [amd64])\nInst newcomer (1 Debian:12 [amd64])\n";

    expect(await reasons()).toEqual(["there are newer packages: libc6"]);
    bench.simulated = undefined;
    expect(await reasons()).toEqual([]);
  });

  test("of all that are asked for tells how far each went", async () => {
    await bench.service.ensure("bookworm", bench.arch);
    bench.later(DAY_MS);

    const all = ["prepare", "check", "activate", "remove"];
    expect(await bench.service.remakeNow([`bookworm:${bench.arch}`])).toEqual([
      { key: `bookworm:${bench.arch}`, steps: all },
    ]);
    bench.control("arch", "s390x\n");
    bench.later(DAY_MS);
    const [failed] = await bench.service.remakeNow([`bookworm:${bench.arch}`]);

    expect(failed).toMatchObject({ steps: ["prepare"], error: expect.stringContaining("s390x") });
    expect((await bench.service.ensure("bookworm", bench.arch)).stamp).toBe("20240103030405");
    expect(await bench.row()).toMatchObject({ state: "stale" });
  });
});

test("a killed making leaves nothing that the next start does not remove", async () => {
  await bench.service.ensure("bookworm", bench.arch);
  await bench.db.write((tx) => tx.updateTable("chroot").set({ state: "making" }).execute());
  writeFileSync(join(bench.home.chroots, `bookworm-${bench.arch}-20230101000000.tar.zst.new`), "");
  const dir = join(bench.home.work, "chroot-bookworm-x");
  mkdirSync(join(dir, "etc"), { recursive: true });
  const tool = spawn("sleep", ["600"], { cwd: dir, detached: true, stdio: "ignore" });
  const ended = once(tool, "exit");

  await bench.service.recover();

  expect(await ended).toEqual([null, "SIGKILL"]);

  expect(await bench.row()).toMatchObject({ state: "active" });
  expect(bench.tarballs()).toEqual([`bookworm-${bench.arch}-20240102030405.tar.zst`]);
  expect(readdirSync(bench.home.work)).toEqual([]);
});
