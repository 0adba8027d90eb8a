import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keptDir } from "#builds";
import { isoAfter } from "#platform";
import { createRetention, type Retention } from "./retention.ts";
import { retentionLines } from "./retention-lines.ts";
import { type Bench, openBench } from "./test-support.ts";

let bench: Bench;
let dir: string;
let days: number;
let retention: Retention;
beforeEach(async () => {
  bench = await openBench();
  dir = mkdtempSync(join(tmpdir(), "mbd-retention-"));
  days = 0;
  const clock = { now: () => new Date(bench.clock.now().getTime() + days * 86_400_000) };
  retention = createRetention({ db: bench.db, home: home(), clock });
});
afterEach(async () => {
  await bench.db.close();
  rmSync(dir, { recursive: true });
});

const home = () => ({ builds: join(dir, "builds") });
const bkeyOf = (name: string) => `pkg-${name}/1/20240102T030000Z/source`;

/** An upload of which one packaging with one build ended now; its id and that of the build. */
async function ended(name: string, state: string, change: { pinned?: 1; attempt?: number } = {}) {
  const { attempt = 1, ...of } = change;
  const at = isoAfter(bench.clock, 0);
  const upload = await bench.addUpload({ changes_text: "Format: 1.8\n" });
  const bkey = bkeyOf(name);
  const packaging = await bench.addPackaging(upload, { bkey, state, ended_at: at, ...of });
  const build = await bench.addBuild(packaging, {
    ...{ bkey: `${bkey} amd64`, state: "BUILT", attempt, result: "{}", ended_at: at },
  });
  const kept = keptDir(home(), `${bkey} amd64`);
  mkdirSync(kept, { recursive: true });
  for (const file of ["build.log.zst", "attempt-1.log.zst"]) writeFileSync(join(kept, file), "");
  return { upload, packaging, build, kept };
}

const uploadRow = (id: number) =>
  bench.db.read.selectFrom("upload").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
const buildRow = (id: number) =>
  bench.db.read.selectFrom("build").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
const addRelease = (bkey: string) =>
  bench.db.write((tx) =>
    tx
      .insertInto("release")
      .values({
        ...{ repository: "test", component: "main", source: "a", version: "1", bkey },
        ...{ buildinfos: "[]", changes: "[]", created_at: "" },
      })
      .execute(),
  );

describe("a failed packaging", () => {
  test("loses its sources and results first, its log later; the rows stay and say so", async () => {
    const { upload, packaging, build, kept } = await ended("a", "FAILED");

    days = 31;
    await retention.apply();
    expect((await uploadRow(upload)).expired_at).not.toBeNull();
    expect(await uploadRow(upload)).toMatchObject({ changes_text: null });
    expect(await buildRow(build)).toMatchObject({ log_expired_at: null });
    expect((await buildRow(build)).files_expired_at).not.toBeNull();
    expect(existsSync(join(kept, "build.log.zst"))).toBe(true);

    days = 91;
    await retention.apply();
    expect(readdirSync(join(dir, "builds"))).toEqual([]);
    expect((await buildRow(build)).log_expired_at).not.toBeNull();
    expect((await bench.packaging(packaging)).expired_at).not.toBeNull();
    expect(retentionLines(await retention.plan())).toEqual([]);
  });

  test("keeps all when it is pinned, until it is let go", async () => {
    const { upload } = await ended("a", "FAILED");
    await retention.pin(bkeyOf("a"), true);
    days = 400;

    await retention.apply();
    expect((await uploadRow(upload)).expired_at).toBeNull();
    await retention.pin(bkeyOf("a"), false);
    await retention.apply();
    expect((await uploadRow(upload)).expired_at).not.toBeNull();
    await expect(retention.pin("pkg-b/1/20240102T030000Z/source", true)).rejects.toMatchObject({
      code: "not_found",
    });
  });

  test("keeps its sources while somebody tries them again", async () => {
    const { upload } = await ended("a", "FAILED");
    await bench.addPackaging(upload, { bkey: bkeyOf("b"), state: "BUILDING" });
    days = 400;

    await retention.apply();

    expect((await uploadRow(upload)).expired_at).toBeNull();
  });
});

describe("an installed packaging", () => {
  test("keeps all but logs of earlier attempts while the archive has it", async () => {
    const { kept, upload } = await ended("a", "INSTALLED", { attempt: 2 });
    await addRelease(bkeyOf("a"));
    days = 91;

    expect(retentionLines(await retention.plan())).toEqual([
      `logs of earlier attempts of ${bkeyOf("a")} amd64: the build ended 90 days ago or earlier`,
    ]);
    await retention.apply();

    expect(readdirSync(kept)).toEqual(["build.log.zst"]);
    expect((await uploadRow(upload)).expired_at).toBeNull();
    expect(retentionLines(await retention.plan())).toEqual([]);
  });

  test("loses all ninety days after the archive has nothing of it", async () => {
    const { upload, packaging } = await ended("a", "INSTALLED");
    days = 200;
    await retention.apply();
    expect((await bench.packaging(packaging)).release_gone_at).not.toBeNull();
    days = 289;
    await retention.apply();
    expect((await uploadRow(upload)).expired_at).toBeNull();

    days = 290;
    await retention.apply();

    expect((await uploadRow(upload)).expired_at).not.toBeNull();
    expect((await bench.packaging(packaging)).expired_at).not.toBeNull();
  });
});

describe("a build without a log of its own", () => {
  test("keeps that of its newest attempt as long as its log would be kept", async () => {
    const { build, kept } = await ended("a", "INSTALLED");
    await addRelease(bkeyOf("a"));
    await bench.db.write((tx) =>
      tx
        .updateTable("build")
        .set({ state: "FAILED", attempt: 0, fence: 3 })
        .where("id", "=", build)
        .execute(),
    );
    rmSync(join(kept, "build.log.zst"));
    for (const name of ["attempt-3.log.zst", "attempt-3-piuparts.log.zst", "attempt-2.log.zst"])
      writeFileSync(join(kept, name), "");
    days = 91;

    await retention.apply();

    expect(readdirSync(kept).sort()).toEqual(["attempt-3-piuparts.log.zst", "attempt-3.log.zst"]);
  });
});

test("mails that ended, and what others let go, are in the plan; mails go at once", async () => {
  const at = isoAfter(bench.clock, 0);
  const mail = {
    recipient: "a@example.org",
    subject: "s",
    body: "",
    error: null,
    created_at: at,
  };
  await bench.db.write(async (tx) => {
    await tx
      .insertInto("outbox")
      .values([
        { ...mail, message_id: "1", state: "sent", ended_at: at },
        { ...mail, message_id: "2", state: "queued", ended_at: null },
      ])
      .execute();
    await tx
      .insertInto("incoming_session")
      .values({
        ...{ id: "s", origin: "ftp", session_key: "k", client: "192.0.2.1" },
        ...{ started_at: at, last_file_at: at, ended_at: at },
      })
      .execute();
    const file = { session_id: "s", name: "a", sha256: "0", size: 1, received_at: at, upload_id: null };
    await tx.insertInto("incoming_file").values(file).execute();
    const record = {
      time: at,
      actor: "{}",
      client: "",
      action: "x",
      given: "{}",
      outcome: "done",
      error: null,
    };
    await tx.insertInto("audit").values(record).execute();
  });

  days = 15;
  const planned = retentionLines(await retention.plan());
  const own = retentionLines(await retention.planOwn());
  const soon = retentionLines(await retention.apply());
  days = 731;
  const late = retentionLines(await retention.plan());

  const unused = "1 received file that no upload took within a day";
  const ended = "1 mail that ended 14 days ago or earlier";
  expect(planned).toEqual([unused, ended]);
  // The file goes by the clean-up of what came in: it is not told that it went.
  expect(soon).toEqual([ended]);
  expect(own).toEqual(soon);
  const mails = await bench.db.read.selectFrom("outbox").select("message_id").execute();
  expect(mails).toEqual([{ message_id: "2" }]);
  expect(late).toEqual([unused, "1 record of who did what, older than two years"]);
});

test("a dry run changes nothing and names what would go", async () => {
  const { kept } = await ended("a", "FAILED");
  await bench.addUpload({ state: "REJECTED", ended_at: isoAfter(bench.clock, 0) });
  await bench.db.write(async (tx) => {
    await bench.events.record(tx, { type: "SOURCE", message: "x" });
    await bench.queue.enqueue(tx, { kind: "k", subject: "s" });
    await tx
      .updateTable("job")
      .set({ state: "done", ended_at: isoAfter(bench.clock, 0) })
      .execute();
  });
  days = 731;

  const lines = retentionLines(await retention.plan());

  expect(lines).toEqual([
    `sources of ${bkeyOf("a")}: it ended 30 days ago or earlier, FAILED`,
    `results of ${bkeyOf("a")} amd64: it ended 30 days ago or earlier, FAILED`,
    `log of ${bkeyOf("a")} amd64: it ended 90 days ago or earlier, FAILED`,
    "files of upload 2 (hello_2.10-3~test12+1_source.changes): it was rejected",
    "1 event older than 730 days",
    "1 job that ended 14 days ago or earlier",
  ]);
  expect(existsSync(kept)).toBe(true);
  await retention.apply();
  expect((await bench.events.after(0)).events).toEqual([]);
  expect(await bench.jobs("k")).toEqual([]);
});
