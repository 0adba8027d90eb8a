import { cpSync, existsSync, readdirSync, realpathSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { exec, execOk } from "#platform";
import { COMPLAINT, test, UNSTABLE } from "./published-support.ts";

// What a publish does with what earlier ones left.

// Packages are made with the real tools.
vi.setConfig({ testTimeout: 60_000 });

test("apt sees the second of two publishes within one second", async ({ fixture }) => {
  await fixture.install("hello", "1.0-1", UNSTABLE);
  await fixture.publish();
  await fixture.withApt(async (apt) => {
    await apt.get("update");
    await fixture.install("hello", "1.0-2", UNSTABLE);
    await fixture.publish();

    const again = await apt.get("update");

    const { text } = await apt.get("--print-uris", "download", "hello");
    expect(again.text).not.toMatch(COMPLAINT);
    expect(text).toContain("hello_1.0-2_amd64.deb");
  });
});

test("dates of Release and modification times of InRelease grow by a second", async ({ fixture }) => {
  const seen: [number, number][] = [];
  for (const version of ["1", "2", "3"]) {
    await fixture.install("hello", `${version}-1`, UNSTABLE);
    await fixture.publish();
    seen.push([fixture.release().date.getTime(), statSync(join(fixture.dist(), "InRelease")).mtimeMs]);
  }

  const [first, second, third] = seen.map(([date]) => date);
  expect((second ?? 0) - (first ?? 0)).toBe(1000);
  expect((third ?? 0) - (second ?? 0)).toBe(1000);
  expect(seen.every(([date, modified]) => date === modified)).toBe(true);
});

test("without a change of content nothing is written, but the publish is recorded", async ({ fixture }) => {
  await fixture.install("hello", "1.0-1", UNSTABLE);
  await fixture.publish();
  const before = realpathSync(fixture.dist());
  const wanted = await fixture.db.write(async (tx) => {
    const row = {
      repository: "test",
      time: fixture.now().toISOString(),
      cause: "test",
      pinned: 0 as const,
      id: 999,
    };
    await tx.insertInto("publish").values(row).execute();
    await tx
      .updateTable("archive_distribution")
      .set({ wanted_publish: 999 })
      .where("name", "=", UNSTABLE)
      .execute();
    return row.id;
  });

  await fixture.publish();

  expect(realpathSync(fixture.dist())).toBe(before);
  expect(await fixture.archive.isPublished(UNSTABLE, wanted)).toBe(true);
});

test("files that did not change are linked, those that did are new", async ({ fixture }) => {
  await fixture.install("hello", "1.0-1", UNSTABLE);
  await fixture.publish();
  const inode = (path: string) => statSync(join(fixture.dist(), path)).ino;
  const paths = [
    "main/binary-amd64/Packages.xz",
    "contrib/binary-amd64/Packages.xz",
    "contrib/source/Sources.gz",
  ];
  const before = paths.map(inode);

  await fixture.install("hello", "1.0-2", UNSTABLE);
  await fixture.publish();

  expect(paths.map(inode).map((ino, index) => ino === before[index])).toEqual([false, true, true]);
  await fixture.expectWhole();
});

test("former files stay by hash for two generations and a day, generations for an hour", async ({
  fixture,
}) => {
  const hashes: string[] = [];
  const next = async (version: string, hours: number) => {
    fixture.later(hours * 3600_000);
    await fixture.install("hello", version, UNSTABLE);
    await fixture.publish();
    hashes.push(fixture.release().files.get("main/binary-amd64/Packages.gz")?.sha256 ?? "");
  };
  const kept = () => {
    const names = readdirSync(join(fixture.dist(), "main/binary-amd64/by-hash/SHA256"));
    return hashes.map((hash) => names.includes(hash));
  };

  await next("1-1", 0);
  for (const version of ["2-1", "3-1", "4-1"]) await next(version, 1);
  expect(kept()).toEqual([true, true, true, true]);
  await next("5-1", 30);
  expect(kept()).toEqual([false, false, true, true, true]);
  await next("6-1", 30);
  expect(kept()).toEqual([false, false, false, true, true, true]);

  expect(fixture.generations()).toHaveLength(3);
  await fixture.expectWhole();
});

test("by-hash files of many publishes lie in one place; each is there for a day, then it goes", async ({
  fixture,
}) => {
  const place = () => readdirSync(join(fixture.dist(), "main/source/by-hash/SHA256"));
  await fixture.publish();
  for (const version of ["1-1", "2-1", "3-1", "4-1", "5-1", "6-1"]) {
    fixture.later(60_000);
    await fixture.install("hello", version, UNSTABLE);
    await fixture.publish();
  }
  const before = place();
  fixture.later(26 * 3600_000);
  await fixture.install("hello", "7-1", UNSTABLE);
  await fixture.publish();

  // Gzip and xz of seven states; then of three.
  expect(before).toHaveLength(14);
  expect(place()).toHaveLength(6);
  await fixture.expectWhole();
});

test("by-hash directories of a generation from before they were shared are taken over", async ({
  fixture,
}) => {
  await fixture.install("hello", "1-1", UNSTABLE);
  await fixture.publish();
  const place = join(fixture.dist(), "main/source/by-hash");
  const old = readdirSync(join(place, "SHA256"));
  cpSync(realpathSync(place), `${place}.own`, { recursive: true });
  rmSync(place);
  renameSync(`${place}.own`, place);
  const root = join(fixture.root, ".generations", UNSTABLE);
  for (const name of readdirSync(root).filter((it) => !/^[0-9]+$/.test(it))) {
    rmSync(join(root, name), { recursive: true });
  }

  await fixture.install("hello", "2-1", UNSTABLE);
  await fixture.publish();

  expect(readdirSync(join(fixture.dist(), "main/source/by-hash/SHA256"))).toEqual(
    expect.arrayContaining(old),
  );
  await fixture.expectWhole();
});

test("a lost manifest and lost chunks change nothing that clients see", async ({ fixture }) => {
  await fixture.install("hello", "1-1", UNSTABLE);
  await fixture.publish();
  const before = realpathSync(fixture.dist());
  const manifest = `${before}.manifest.json`;
  rmSync(manifest);
  await fixture.db.write((tx) =>
    tx.updateTable("archive_distribution").set({ published_publish: 0 }).execute(),
  );

  await fixture.publish();
  const again = existsSync(manifest);
  rmSync(join(fixture.root, "../../cache/chunks"), { recursive: true });
  await fixture.install("hello", "2-1", UNSTABLE);
  await fixture.publish();

  expect(again).toBe(true);
  expect(realpathSync(fixture.dist())).not.toBe(before);
  await fixture.expectWhole();
});

test("a database from before the files does not mislead: all is made from its rows", async ({ fixture }) => {
  await fixture.install("hello", "1-1", UNSTABLE);
  await fixture.publish();
  const old = await fixture.db.read.selectFrom("archive_distribution").selectAll().execute();
  await fixture.install("zoo", "1-1", UNSTABLE);
  await fixture.publish();
  await fixture.db.write(async (tx) => {
    const live = old.find(({ name }) => name === UNSTABLE);
    const { published_publish = 0, content_sha256 = null } = live ?? {};
    const row = { published_publish, content_sha256 };
    await tx.updateTable("archive_distribution").set(row).where("name", "=", UNSTABLE).execute();
    await tx.deleteFrom("membership").where("added", ">", published_publish).execute();
  });

  await fixture.publish();

  const { stdout } = await execOk(exec, "gzip", [
    "-dc",
    join(fixture.dist(), "main/binary-amd64/Packages.gz"),
  ]);
  expect(stdout).toContain("Package: hello\n");
  expect(stdout).not.toContain("Package: zoo\n");
});

test("waits for a clock that is a little behind, refuses one that is far behind", async ({ fixture }) => {
  const waited: number[] = [];
  const sleep = async (ms: number) => void waited.push(ms);
  const archive = fixture.again({ sleep });
  for (const version of ["1", "2", "3", "4", "5"]) {
    await fixture.install("hello", `${version}-1`, UNSTABLE);
    await archive.publish("test", UNSTABLE);
  }
  expect(waited.length).toBeGreaterThan(0);
  expect(Math.max(...waited)).toBeLessThanOrEqual(3000);

  fixture.later(-3600_000);
  await fixture.install("hello", "6-1", UNSTABLE);

  await expect(fixture.publish()).rejects.toMatchObject({ code: "clock_behind" });
});
