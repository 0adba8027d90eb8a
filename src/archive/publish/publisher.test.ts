import { cpSync, existsSync, readdirSync, realpathSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { exec, execOk } from "#platform";
import { createTestApt, type TestApt } from "../apt-support.ts";
import { createTestArchive, type TestArchive } from "../archive-support.ts";
import { digestFile } from "../compress.ts";
import { makeRelease } from "../package-support.ts";
import { expectWholeAt, readRelease, STRONG } from "./publish-support.ts";
import { PUBLISH_STEPS, type PublishStep } from "./publisher.ts";

// Each test makes several packages with the real tools.
vi.setConfig({ testTimeout: 60_000 });

const COMPLAINT = /^[WEN]:/m;

let time: Date;
let fixture: TestArchive;
let unstable: string;
beforeEach(async () => {
  time = new Date();
  fixture = await createTestArchive({ signed: true, clock: { now: () => time } });
  unstable = await fixture.live("unstable");
});
afterEach(() => fixture.close());

const dist = (name = unstable) => join(fixture.root, "dists", name);
const release = (name?: string) => readRelease(dist(name));
const generations = () =>
  readdirSync(join(fixture.root, ".generations", unstable)).filter((name) => /^[0-9]+$/.test(name));
const publish = (name = unstable) => fixture.archive.publish("test", name);
const aptFor = (distribution = unstable) =>
  createTestApt({
    root: fixture.root,
    keyring: fixture.keyring,
    distribution,
    components: ["main", "contrib"],
  });

async function withApt<T>(use: (apt: TestApt) => Promise<T>, distribution?: string): Promise<T> {
  const apt = await aptFor(distribution);
  try {
    return await use(apt);
  } finally {
    await apt.close();
  }
}

const expectWhole = (name?: string) => expectWholeAt(dist(name));

describe("what clients see", () => {
  test("apt updates, downloads and fetches sources without a word; an empty distribution too", async () => {
    await publish();
    await withApt(async (apt) => {
      const empty = await apt.get("update");
      await fixture.install("hello", "1:1.0+a~1-1", unstable);
      await fixture.install("zoo", "2.0-1", unstable, "contrib");
      await publish();

      const full = await apt.get("update");
      const download = await apt.get("download", "hello", "hello-doc", "zoo");
      const source = await apt.get("source", "hello");

      for (const { exitCode, text } of [empty, full, download, source]) {
        expect(text).not.toMatch(COMPLAINT);
        expect(exitCode).toBe(0);
      }
      const names = readdirSync(join(apt.dir, "work"));
      expect(names).toContain("hello-doc_1%3a1.0+a~1-1_all.deb");
      expect(names).toContain("hello-1.0+a~1");
      expect(apt.requests.some((request) => request.includes("/by-hash/SHA256/"))).toBe(true);
    });
    await expectWhole();
  });

  test("rollbacks are distributions of their own", async () => {
    for (const version of ["1.0-1", "1.0-2"]) await fixture.install("hello", version, unstable);
    const rollback = `${unstable}-rollback0`;

    await publish(rollback);

    const shown = await withApt(async (apt) => {
      const { text } = await apt.get("update");
      expect(text).not.toMatch(COMPLAINT);
      return await apt.get("--print-uris", "download", "hello");
    }, rollback);
    expect(shown.text).toContain("/pool/main/h/hello/hello_1.0-1_amd64.deb");
    expect(release(rollback).head).toContain("NotAutomatic: yes\nButAutomaticUpgrades: no\n");
  });

  test("signatures are good for gpgv and sqv, now and in a year", async () => {
    await publish();
    const [inRelease, text, detached] = ["InRelease", "Release", "Release.gpg"].map((name) =>
      join(dist(), name),
    );
    const files = [text ?? "", detached ?? "", inRelease ?? ""];

    for (const later of ["+0 days", "+1 year"]) {
      const faked = (tool: string, ...args: string[]) => execOk(exec, "faketime", [later, tool, ...args]);
      await faked("gpgv", "--keyring", fixture.keyring, files[1] ?? "", files[0] ?? "");
      await faked("gpgv", "--keyring", fixture.keyring, files[2] ?? "");
      await faked("sqv", "--keyring", fixture.keyring, files[1] ?? "", files[0] ?? "");
    }
  });

  test("gzip and xz files are whole, and hold what apt-ftparchive says of the pool", async () => {
    await fixture.install("hello", "1.0-1", unstable);
    await fixture.install("abc", "3-1", unstable);
    await publish();
    const index = join(dist(), "main/binary-amd64/Packages");

    const gz = await execOk(exec, "gzip", ["-dc", `${index}.gz`]);
    const xz = await execOk(exec, "xz", ["-dc", `${index}.xz`]);

    const weak = ["MD5", "SHA1", "SHA512"].flatMap((sum) => ["-o", `APT::FTPArchive::${sum}=false`]);
    const theirs = await execOk(exec, "apt-ftparchive", [...weak, "packages", "pool/main"], {
      cwd: fixture.root,
    });
    const lines = (text: string) =>
      text
        .split("\n")
        .filter((line) => line !== "")
        .sort();
    expect(gz.stdout).toBe(xz.stdout);
    expect(lines(gz.stdout)).toEqual(lines(theirs.stdout));
    expect([...gz.stdout.matchAll(/^Package: (.*)$/gm)].map(([, name]) => name)).toEqual([
      "abc",
      "abc-doc",
      "hello",
      "hello-doc",
    ]);
  });

  test("udebs have indices of their own", async () => {
    const input = await makeRelease(fixture.factory, fixture.blobs, { name: "hello", version: "1.0-1" });
    const path = await fixture.factory.deb(
      { Package: "hello-udeb", Source: "hello", Version: "1.0-1", Architecture: "amd64" },
      { ending: "udeb" },
    );
    const debs = [{ name: "hello-udeb_1.0-1_amd64.udeb", ...(await fixture.blobs.putFile(path)) }];
    const prepared = await fixture.archive.prepareRelease({ ...input, debs });
    await fixture.db.write((tx) => fixture.archive.installRelease(tx, prepared, unstable));

    await publish();

    const { files } = release();
    expect(files.get("main/debian-installer/binary-amd64/Packages")?.sizeBytes).toBeGreaterThan(100);
    expect(files.get("main/binary-amd64/Packages")?.sizeBytes).toBe(0);
    expect(files.has("contrib/debian-installer/binary-amd64/Packages")).toBe(false);
  });
});

describe("publishing again", () => {
  test("apt sees the second of two publishes within one second", async () => {
    await fixture.install("hello", "1.0-1", unstable);
    await publish();
    await withApt(async (apt) => {
      await apt.get("update");
      await fixture.install("hello", "1.0-2", unstable);
      await publish();

      const again = await apt.get("update");

      const { text } = await apt.get("--print-uris", "download", "hello");
      expect(again.text).not.toMatch(COMPLAINT);
      expect(text).toContain("hello_1.0-2_amd64.deb");
    });
  });

  test("dates of Release and modification times of InRelease grow by a second", async () => {
    const seen: [number, number][] = [];
    for (const version of ["1", "2", "3"]) {
      await fixture.install("hello", `${version}-1`, unstable);
      await publish();
      seen.push([release().date.getTime(), statSync(join(dist(), "InRelease")).mtimeMs]);
    }

    const [first, second, third] = seen.map(([date]) => date);
    expect((second ?? 0) - (first ?? 0)).toBe(1000);
    expect((third ?? 0) - (second ?? 0)).toBe(1000);
    expect(seen.every(([date, modified]) => date === modified)).toBe(true);
  });

  test("without a change of content nothing is written, but the publish is recorded", async () => {
    await fixture.install("hello", "1.0-1", unstable);
    await publish();
    const before = realpathSync(dist());
    const wanted = await fixture.db.write(async (tx) => {
      const row = {
        repository: "test",
        time: time.toISOString(),
        cause: "test",
        pinned: 0 as const,
        id: 999,
      };
      await tx.insertInto("publish").values(row).execute();
      await tx
        .updateTable("archive_distribution")
        .set({ wanted_publish: 999 })
        .where("name", "=", unstable)
        .execute();
      return row.id;
    });

    await publish();

    expect(realpathSync(dist())).toBe(before);
    expect(await fixture.archive.isPublished(unstable, wanted)).toBe(true);
  });

  test("files that did not change are linked, those that did are new", async () => {
    await fixture.install("hello", "1.0-1", unstable);
    await publish();
    const inode = (path: string) => statSync(join(dist(), path)).ino;
    const paths = [
      "main/binary-amd64/Packages.xz",
      "contrib/binary-amd64/Packages.xz",
      "contrib/source/Sources.gz",
    ];
    const before = paths.map(inode);

    await fixture.install("hello", "1.0-2", unstable);
    await publish();

    expect(paths.map(inode).map((ino, index) => ino === before[index])).toEqual([false, true, true]);
    await expectWhole();
  });

  test("former files stay by hash for two generations and a day, generations for an hour", async () => {
    const hashes: string[] = [];
    const next = async (version: string, hours: number) => {
      time = new Date(time.getTime() + hours * 3600_000);
      await fixture.install("hello", version, unstable);
      await publish();
      hashes.push(release().files.get("main/binary-amd64/Packages.gz")?.sha256 ?? "");
    };
    const kept = () => {
      const names = readdirSync(join(dist(), "main/binary-amd64/by-hash/SHA256"));
      return hashes.map((hash) => names.includes(hash));
    };

    await next("1-1", 0);
    for (const version of ["2-1", "3-1", "4-1"]) await next(version, 1);
    expect(kept()).toEqual([true, true, true, true]);
    await next("5-1", 30);
    expect(kept()).toEqual([false, false, true, true, true]);
    await next("6-1", 30);
    expect(kept()).toEqual([false, false, false, true, true, true]);

    expect(generations()).toHaveLength(3);
    await expectWhole();
  });

  test("by-hash files of many publishes lie in one place; each is there for a day, then it goes", async () => {
    const place = () => readdirSync(join(dist(), "main/source/by-hash/SHA256"));
    await publish();
    for (const version of ["1-1", "2-1", "3-1", "4-1", "5-1", "6-1"]) {
      time = new Date(time.getTime() + 60_000);
      await fixture.install("hello", version, unstable);
      await publish();
    }
    const before = place();
    time = new Date(time.getTime() + 26 * 3600_000);
    await fixture.install("hello", "7-1", unstable);
    await publish();

    // Gzip and xz of seven states; then of three.
    expect(before).toHaveLength(14);
    expect(place()).toHaveLength(6);
    await expectWhole();
  });

  test("by-hash directories of a generation from before they were shared are taken over", async () => {
    await fixture.install("hello", "1-1", unstable);
    await publish();
    const place = join(dist(), "main/source/by-hash");
    const old = readdirSync(join(place, "SHA256"));
    cpSync(realpathSync(place), `${place}.own`, { recursive: true });
    rmSync(place);
    renameSync(`${place}.own`, place);
    const root = join(fixture.root, ".generations", unstable);
    for (const name of readdirSync(root).filter((it) => !/^[0-9]+$/.test(it))) {
      rmSync(join(root, name), { recursive: true });
    }

    await fixture.install("hello", "2-1", unstable);
    await publish();

    expect(readdirSync(join(dist(), "main/source/by-hash/SHA256"))).toEqual(expect.arrayContaining(old));
    await expectWhole();
  });

  test("a lost manifest and lost chunks change nothing that clients see", async () => {
    await fixture.install("hello", "1-1", unstable);
    await publish();
    const before = realpathSync(dist());
    const manifest = `${before}.manifest.json`;
    rmSync(manifest);
    await fixture.db.write((tx) =>
      tx.updateTable("archive_distribution").set({ published_publish: 0 }).execute(),
    );

    await publish();
    const again = existsSync(manifest);
    rmSync(join(fixture.root, "../../cache/chunks"), { recursive: true });
    await fixture.install("hello", "2-1", unstable);
    await publish();

    expect(again).toBe(true);
    expect(realpathSync(dist())).not.toBe(before);
    await expectWhole();
  });

  test("a database from before the files does not mislead: all is made from its rows", async () => {
    await fixture.install("hello", "1-1", unstable);
    await publish();
    const old = await fixture.db.read.selectFrom("archive_distribution").selectAll().execute();
    await fixture.install("zoo", "1-1", unstable);
    await publish();
    await fixture.db.write(async (tx) => {
      const live = old.find(({ name }) => name === unstable);
      const { published_publish = 0, content_sha256 = null } = live ?? {};
      const row = { published_publish, content_sha256 };
      await tx.updateTable("archive_distribution").set(row).where("name", "=", unstable).execute();
      await tx.deleteFrom("membership").where("added", ">", published_publish).execute();
    });

    await publish();

    const { stdout } = await execOk(exec, "gzip", ["-dc", join(dist(), "main/binary-amd64/Packages.gz")]);
    expect(stdout).toContain("Package: hello\n");
    expect(stdout).not.toContain("Package: zoo\n");
  });

  test("waits for a clock that is a little behind, refuses one that is far behind", async () => {
    const waited: number[] = [];
    const sleep = async (ms: number) => void waited.push(ms);
    const archive = fixture.again({ sleep });
    for (const version of ["1", "2", "3", "4", "5"]) {
      await fixture.install("hello", `${version}-1`, unstable);
      await archive.publish("test", unstable);
    }
    expect(waited.length).toBeGreaterThan(0);
    expect(Math.max(...waited)).toBeLessThanOrEqual(3000);

    time = new Date(time.getTime() - 3600_000);
    await fixture.install("hello", "6-1", unstable);

    await expect(publish()).rejects.toMatchObject({ code: "clock_behind" });
  });

  test("one package into a small suite is published within half a second", async () => {
    await fixture.install("hello", "1.0-1", unstable);
    await publish();
    const times: number[] = [];
    for (const version of ["2", "3", "4"]) {
      time = new Date(time.getTime() + 5000);
      await fixture.install("hello", `${version}-1`, unstable);
      const start = performance.now();
      await publish();
      times.push(performance.now() - start);
    }

    expect(Math.min(...times)).toBeLessThan(500);
  });
});

describe("crashes", () => {
  const UNTIL_SWITCH: readonly PublishStep[] = PUBLISH_STEPS.slice(0, PUBLISH_STEPS.indexOf("switched"));

  test.each(PUBLISH_STEPS)(
    "at step %s: apt sees one whole state, and the repeat publishes the new one",
    async (stop) => {
      await fixture.install("hello", "1.0-1", unstable);
      await publish();
      const first = release();
      await fixture.install("hello", "1.0-2", unstable);
      const crashing = fixture.again({
        onStep: (step) => {
          if (step === stop) throw new Error(`crash at ${step}`);
        },
      });

      await expect(crashing.publish("test", unstable)).rejects.toThrow(`crash at ${stop}`);

      await expectWhole();
      const seen = await withApt(async (apt) => {
        expect((await apt.get("update")).text).not.toMatch(COMPLAINT);
        return (await apt.get("--print-uris", "download", "hello")).text;
      });
      expect(seen).toContain(UNTIL_SWITCH.includes(stop) ? "hello_1.0-1_amd64.deb" : "hello_1.0-2_amd64.deb");
      const between = release().date.getTime();
      await publish();
      await expectWhole();
      const last = release();
      expect(last.files.get("main/binary-amd64/Packages")).not.toEqual(
        first.files.get("main/binary-amd64/Packages"),
      );
      const recorded = stop === "committed" || stop === "cleaned";
      expect(last.date.getTime() - between).toBe(recorded ? 0 : 1000);
      expect(generations().length).toBeLessThanOrEqual(3);
    },
  );

  const overtaking = {
    "has begun": async () => {
      await fixture.db.write(async (tx) => {
        const more = { fence: 1000 };
        await tx.updateTable("archive_distribution").set(more).where("name", "=", unstable).execute();
      });
      return "1.0-1";
    },
    "has ended": async () => {
      await fixture.install("hello", "1.0-3", unstable);
      await publish();
      return "1.0-3";
    },
  };

  test.each(["has begun", "has ended"] as const)("a publisher shows nothing when another %s", async (how) => {
    await fixture.install("hello", "1.0-1", unstable);
    await publish();
    await fixture.install("hello", "1.0-2", unstable);
    let expected = "";
    const slow = fixture.again({
      signer: {
        fingerprint: "slow",
        clearsign: async (text) => {
          expected = await overtaking[how]();
          return text;
        },
        detachSign: async (text) => text,
      },
    });

    await expect(slow.publish("test", unstable)).rejects.toThrow(/another publisher|ENOENT/);

    const { stdout } = await execOk(exec, "gzip", ["-dc", join(dist(), "main/binary-amd64/Packages.gz")]);
    expect(stdout).toContain(`Version: ${expected}\n`);
    await expectWhole();
  });

  test("a name that a crash left in the pool with other bytes is put right", async () => {
    const installed = await fixture.install("hello", "1.0-1", unstable);
    const path = "pool/main/h/hello/hello_1.0-1_amd64.deb";
    const { sha256 } = await fixture.blobs.put(Readable.from([Buffer.from("left over")]));
    await fixture.blobs.linkTo(sha256, join(fixture.root, path));

    await publish();

    const { debs } = await fixture.archive.releaseFiles(installed.releaseId);
    const deb = debs.find(({ name }) => name === "hello_1.0-1_amd64.deb");
    expect((await digestFile(join(fixture.root, path), STRONG)).sha256).toBe(deb?.sha256);
  });

  test("publishing at once from many sides ends with the newest state", async () => {
    await publish();
    await fixture.install("hello", "1.0-1", unstable);

    await Promise.all([publish(), publish(), publish()]);

    await expectWhole();
    expect(release().files.get("main/source/Sources")?.sizeBytes).toBeGreaterThan(0);
  });
});
