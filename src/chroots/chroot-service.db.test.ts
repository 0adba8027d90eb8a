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

/** What a build asks. */
const ensure = () => bench.service.ensure("bookworm", bench.arch);

describe("the first chroot", () => {
  test("is asked for when a build wants it, once for all that want it, and they are told when it is there", async () => {
    const wait = `the chroot for bookworm ${bench.arch} is being made`;

    const answers = await Promise.all([ensure(), ensure()]);
    const asked = await bench.queued();
    const made = await bench.make();

    expect(answers).toEqual([{ wait }, { wait }]);
    expect(asked).toMatchObject([{ kind: "chroot", subject: `bookworm:${bench.arch}`, priority: 1 }]);
    expect(made).toEqual({
      tarball: join(bench.home.chroots, `bookworm-${bench.arch}-20240102030405.tar.zst`),
      stamp: "20240102030405",
    });
    expect(await bench.row()).toMatchObject({ state: "active", stamp: "20240102030405", error: null });
    expect(await bench.messages()).toEqual([`mini-buildd-bookworm-${bench.arch} was made in 0 s`]);
    expect(bench.made).toEqual([`bookworm:${bench.arch}`]);
    expect(readdirSync(bench.home.work)).toEqual([]);
  });

  test("is not asked for again while its job, or a call, makes it", async () => {
    await ensure();
    await bench.db.write((tx) => tx.updateTable("job").set({ state: "leased" }).execute());
    expect(await ensure()).toHaveProperty("wait");
    const [{ again } = { again: 1 }] = await bench.db.read.selectFrom("job").select("again").execute();
    await bench.db.write((tx) => tx.deleteFrom("job").execute());

    const making = bench.service.remakeNow([`bookworm:${bench.arch}`]);
    const meanwhile = await ensure();
    const queued = await bench.queued();
    await making;

    expect(again).toBe(0);
    expect(meanwhile).toHaveProperty("wait");
    expect(queued).toEqual([]);
  });

  test("that cannot be made is in error with the reason, and is asked for again after a pause", async () => {
    bench.control("fail", "");
    await expect(bench.make()).rejects.toMatchObject({ code: "chroot_failed" });

    await expect(ensure()).rejects.toMatchObject({ code: "chroot_failed" });

    expect(await bench.queued()).toEqual([]);
    expect(await bench.row()).toMatchObject({
      state: "error",
      tarball: null,
      error: expect.stringContaining("E: no such archive"),
    });
    rmSync(join(bench.home.root, "fail"));
    bench.later(60_000);
    expect(await ensure()).toHaveProperty("wait");
    expect(await bench.queued()).toHaveLength(1);
    expect((await bench.make()).stamp).toBe("20240102030505");
  });

  test("that cannot be made is asked for after growing pauses, however many builds ask; told once", async () => {
    bench.control("fail", "");
    const tried: number[] = [];
    for (let minute = 0; minute < 60; minute += 1) {
      await Promise.allSettled([ensure(), ensure()]);
      const jobs = await bench.queued();
      expect(jobs.length).toBeLessThan(2);
      if (jobs.length === 1) {
        tried.push(minute);
        await expect(bench.make()).rejects.toMatchObject({ code: "chroot_failed" });
        await bench.db.write((tx) => tx.deleteFrom("job").execute());
      }
      bench.later(60_000);
    }
    expect(tried).toEqual([0, 1, 3, 8, 18, 33, 48]);
    expect(await bench.messages()).toHaveLength(1);

    rmSync(join(bench.home.root, "fail"));
    bench.control("arch", "s390x\n");
    await expect(bench.make()).rejects.toThrow("s390x");
    expect(await bench.messages()).toHaveLength(2);
    await expect(ensure()).rejects.toThrow("s390x");
  });

  test("that cannot be made as a file is wrong tells of the file", async () => {
    const address = "http://archive.example.org/debian/pool/main/h/hello/hello_2.deb";
    bench.control("fail", `E: Failed to fetch ${address}  Hash Sum mismatch\n   Hashes of expected file:\n`);

    await expect(bench.make()).rejects.toThrow("Hash Sum mismatch");

    expect(bench.failedFiles).toEqual([address]);
  });

  test("that was mended by a remake is there for builds at once", async () => {
    bench.control("fail", "");
    await expect(bench.make()).rejects.toMatchObject({
      code: "chroot_failed",
    });
    rmSync(join(bench.home.root, "fail"));

    await bench.service.remakeNow([`bookworm:${bench.arch}`]);

    expect((await bench.make()).stamp).toBe("20240102030405");
  });

  test("that does not start, or is of another architecture, is not used", async () => {
    bench.control("arch", "s390x\n");

    await expect(bench.make()).rejects.toThrow("its architecture is 's390x'");

    expect(bench.tarballs()).toEqual([]);
  });

  test("needs a source that was checked", async () => {
    await bench.addSource("sid", "unchecked");

    const making = bench.context(undefined, `sid:${bench.arch}`).then(bench.service.job.handle);

    await expect(making).rejects.toThrow("Source sid cannot be used");
  });
});

describe("a remake", () => {
  const remake = async () => bench.service.job.handle(await bench.context());
  const reasons = async () => (await bench.service.remakeDue()).map(({ reason }) => reason);

  test("gives a new file; the old one goes when no build uses it any more", async () => {
    const old = await bench.make();
    bench.later(2 * 3_600_000);
    bench.inUse = [old.tarball];
    await remake();
    const fresh = await bench.make();

    expect(fresh.stamp).toBe("20240102050405");
    expect(bench.tarballs()).toHaveLength(2);
    bench.inUse = [];
    await bench.service.recover();
    expect(existsSync(old.tarball)).toBe(false);
    expect(existsSync(fresh.tarball)).toBe(true);
  });

  test("that fails keeps the old one, which is stale", async () => {
    const old = await bench.make();
    bench.control("fail", "");
    bench.later(DAY_MS);

    await expect(remake()).rejects.toMatchObject({ code: "chroot_failed" });

    expect(await bench.row()).toMatchObject({ state: "stale", stamp: old.stamp });
    expect(await bench.make()).toEqual(old);
  });

  test("that the daemon's stop ends is no failure", async () => {
    await bench.make();
    const stopping = await bench.context(AbortSignal.abort());

    await expect(bench.service.job.handle(stopping)).rejects.toThrow();

    expect(await bench.row()).toMatchObject({ state: "active", error: null });
    expect(await bench.messages()).toHaveLength(1);
  });

  test("that a call waits for ends with the daemon, too, and that is no failure", async () => {
    bench.control("hang", "");
    const waiting = bench.service.remakeNow([`bookworm:${bench.arch}`]);
    await expect.poll(() => existsSync(join(bench.home.root, "command")), { timeout: 10_000 }).toBe(true);

    bench.service.stop();

    expect(await waiting).toMatchObject([{ error: expect.stringContaining("the daemon stops") }]);
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
    await bench.make();
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
    await bench.make();
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
    await bench.make();
    bench.simulated =
      "Inst libc6 [2.36-9] (2.36-10 Debian:12 [amd64])\nInst newcomer (1 Debian:12 [amd64])\n";

    expect(await reasons()).toEqual(["there are newer packages: libc6"]);
    bench.simulated = undefined;
    expect(await reasons()).toEqual([]);
  });

  test("of all that are asked for tells how far each went", async () => {
    await bench.make();
    bench.later(DAY_MS);

    const all = ["prepare", "check", "activate", "remove"];
    expect(await bench.service.remakeNow([`bookworm:${bench.arch}`])).toEqual([
      { key: `bookworm:${bench.arch}`, steps: all },
    ]);
    bench.control("arch", "s390x\n");
    bench.later(DAY_MS);
    const [failed] = await bench.service.remakeNow([`bookworm:${bench.arch}`]);

    expect(failed).toMatchObject({ steps: ["prepare"], error: expect.stringContaining("s390x") });
    expect((await bench.make()).stamp).toBe("20240103030405");
    expect(await bench.row()).toMatchObject({ state: "stale" });
  });
});

test("a killed making leaves nothing that the next start does not remove", async () => {
  await bench.make();
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

test("what resists its removal does not keep the daemon from starting", async () => {
  const system = join(bench.home.chroots, `bookworm-${bench.arch}-20230101000000.lintian`);
  mkdirSync(system);
  mkdirSync(join(bench.home.work, "chroot-bookworm-x"));
  rmSync(join(bench.home.root, "launch"));

  await bench.service.recover();

  expect(existsSync(system)).toBe(true);
});
