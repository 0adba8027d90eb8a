import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Incoming, NewSession, Session } from "./index.ts";
import {
  changesOf,
  type IncomingBench,
  openIncomingBench,
  sha256,
  streamOf,
  type TestFile,
} from "./testing.ts";

const DSC = { name: "hello_1.dsc", content: "dsc" };
const TAR = { name: "hello_1.tar.xz", content: "tarball" };
const CHANGES = changesOf([DSC, TAR]);
const FTP: NewSession = { origin: "ftp", key: "ftp:1", client: "192.0.2.1" };
const HTTP: NewSession = { origin: "http", key: "address:192.0.2.1", client: "192.0.2.1" };

let bench: IncomingBench;
beforeEach(async () => {
  bench = await openIncomingBench();
});
afterEach(() => bench.close());

const send = (session: Session, file: TestFile, incoming = bench.incoming) =>
  incoming.receive(session, file.name, streamOf(file.content));
const uploads = () => bench.db.read.selectFrom("upload").selectAll().orderBy("id").execute();
const events = () => bench.db.read.selectFrom("event").selectAll().orderBy("id").execute();
const jobs = () => bench.db.read.selectFrom("job").select(["kind", "subject"]).execute();
const filesOf = (upload: number) =>
  bench.db.read
    .selectFrom("upload_file")
    .select("name")
    .where("upload_id", "=", upload)
    .orderBy("name")
    .execute();

async function sendAll(wanted: NewSession, files: readonly TestFile[], incoming: Incoming = bench.incoming) {
  const session = await incoming.openSession(wanted);
  for (const file of files) await send(session, file, incoming);
  return session;
}

describe("complete uploads", () => {
  test.each([
    ["last", [DSC, TAR, CHANGES]],
    ["first", [CHANGES, DSC, TAR]],
    ["in between, with a further file", [DSC, CHANGES, { name: "other_1.dsc", content: "?" }, TAR]],
  ])("the .changes came %s", async (_, files) => {
    await sendAll(FTP, files);

    expect(await uploads()).toMatchObject([{ state: "RECEIVED", origin: "ftp", changes_name: CHANGES.name }]);
    const names = [DSC, CHANGES, TAR].map(({ name }) => ({ name }));
    expect(await filesOf(1)).toEqual(names.sort((a, b) => (a.name < b.name ? -1 : 1)));
    expect(await jobs()).toEqual([{ kind: "verify_upload", subject: "upload:1" }]);
    expect(await bench.blobs.has(sha256(TAR.content))).toBe(true);
  });

  test("the file that completes it tells the upload", async () => {
    const session = await sendAll(HTTP, [CHANGES, DSC]);

    await expect(send(session, TAR)).resolves.toMatchObject({ created: true, upload: 1 });
  });

  test("files that come at the same time make one upload", async () => {
    const session = await bench.incoming.openSession(HTTP);

    await Promise.all([DSC, TAR, CHANGES].map((file) => send(session, file)));

    expect(await uploads()).toHaveLength(1);
  });

  test("the same name with other content is kept too, and the listed one is used", async () => {
    await sendAll(FTP, [DSC, { ...TAR, content: "another" }, TAR, { ...TAR, content: "a third" }, CHANGES]);

    expect(await uploads()).toMatchObject([{ state: "RECEIVED" }]);
    const row = await bench.db.read
      .selectFrom("upload_file")
      .select("sha256")
      .where("name", "=", TAR.name)
      .executeTakeFirst();
    expect(row?.sha256).toBe(sha256(TAR.content));
  });

  test("files of other sessions do not count", async () => {
    await sendAll(FTP, [DSC]);
    const other = await sendAll({ ...FTP, key: "ftp:2" }, [TAR, CHANGES]);
    await bench.incoming.endSession(other);

    expect(await uploads()).toMatchObject([{ state: "REJECTED", reason: "incomplete" }]);
  });

  test("a .changes sent again while its upload waits is the same upload, after its end a new try", async () => {
    const session = await sendAll(HTTP, [DSC, TAR, CHANGES]);

    const waiting = await send(session, CHANGES);
    await bench.db.write((tx) => tx.updateTable("upload").set({ state: "REJECTED" }).execute());
    const ended = await send(session, CHANGES);

    expect([waiting, ended]).toMatchObject([
      { created: false, upload: 1 },
      { created: false, upload: 2 },
    ]);
  });
});

describe("incomplete uploads", () => {
  test("at the end of the session: rejected, with what is wrong of each file", async () => {
    const session = await sendAll(FTP, [{ ...TAR, content: "other" }, CHANGES]);
    expect(await uploads()).toEqual([]);

    await bench.incoming.endSession(session);

    const files = "hello_1.dsc is missing, hello_1.tar.xz has 5 bytes instead of 7";
    const message = `The upload hello_1_source.changes is not complete: ${files}.`;
    expect(await uploads()).toMatchObject([
      { state: "REJECTED", reason: "incomplete", received_from: "192.0.2.1" },
    ]);
    const [event] = await events();
    expect(event).toMatchObject({ type: "REJECTED", upload: 1, message });
    expect(JSON.parse(event?.data ?? "")).toEqual({
      errors: [{ code: "incomplete", message }],
      origin: "ftp",
    });
    expect(await jobs()).toEqual([]);
    await expect(send(session, DSC)).rejects.toMatchObject({ code: "transfer_broken" });
  });

  test("an unreadable .changes: FTP at the end, HTTP at once", async () => {
    const bad = { name: "hello_1_source.changes", content: "rubbish" };
    const ftp = await sendAll(FTP, [bad]);
    expect(await uploads()).toEqual([]);
    await bench.incoming.endSession(ftp);
    const http = await bench.incoming.openSession(HTTP);

    await expect(send(http, bad)).resolves.toMatchObject({ upload: 2, rejected: { code: "bad_changes" } });

    expect(await uploads()).toMatchObject([{ reason: "bad_changes" }, { reason: "bad_changes" }]);
  });

  test("by HTTP an hour after the .changes, though other files keep coming", async () => {
    const session = await sendAll(HTTP, [CHANGES]);
    bench.clock.advance(3500);
    await send(session, DSC);
    await bench.incoming.sweep();
    expect(await uploads()).toEqual([]);

    bench.clock.advance(200);
    await bench.incoming.sweep();

    expect(await uploads()).toMatchObject([{ state: "REJECTED", reason: "incomplete" }]);
  });

  test("an HTTP session ends an hour after its last file", async () => {
    const first = await sendAll(HTTP, [DSC]);
    expect(await bench.incoming.openSession(HTTP)).toBe(first);

    bench.clock.advance(3700);
    await bench.incoming.sweep();

    expect(await bench.incoming.openSession(HTTP)).not.toBe(first);
  });
});

describe("after a restart", () => {
  test("FTP sessions end, HTTP sessions go on", async () => {
    await sendAll(FTP, [DSC, CHANGES]);
    await sendAll(HTTP, [DSC, CHANGES]);

    const incoming = await bench.restart();

    expect(await uploads()).toMatchObject([{ origin: "ftp", state: "REJECTED", reason: "incomplete" }]);
    await sendAll(HTTP, [TAR], incoming);
    expect((await uploads()).at(-1)).toMatchObject({ origin: "http", state: "RECEIVED" });
  });

  test("what an interrupted transfer left counts nothing and goes after a day", async () => {
    const orphan = await bench.blobs.put(streamOf("never committed"));
    await writeFile(join(bench.dir, orphan.sha256), "");
    const temporary = join(bench.storeDir, "incoming.1.0123456789ab.new");
    await writeFile(temporary, "half");
    await expect(bench.incoming.cleanUp()).resolves.toMatchObject({ blobs: 0, temporaries: 0 });

    bench.clock.advance(25 * 3600);

    await expect(bench.incoming.cleanUp()).resolves.toMatchObject({ blobs: 1, temporaries: 1 });
    expect(await bench.blobs.has(orphan.sha256)).toBe(false);
  });
});

test("the source of a port goes once the port was made, or failed", async () => {
  const { sha256 } = await bench.blobs.put(streamOf("a tarball"));
  const port = {
    ...{ bkey: "hello/1/x", kind: "internal", target: "t", source: "hello", version: "1", dsc: "hello.dsc" },
    ...{ dsc_sha256: "0".repeat(64), kept: JSON.stringify([sha256]), url: "", vouched_by: "instance" },
    ...({ options: "[]", priority: 0, migrate: 0, requested_by: "ada", created_at: "now" } as const),
  };
  await bench.db.write((tx) =>
    tx
      .insertInto("port_request")
      .values({ ...port, state: "open" })
      .execute(),
  );
  const cleanUpLater = async () => {
    await writeFile(join(bench.dir, sha256), "");
    bench.clock.advance(25 * 3600);
    await bench.incoming.cleanUp();
    return await bench.blobs.has(sha256);
  };

  expect(await cleanUpLater()).toBe(true);
  await bench.db.write((tx) => tx.updateTable("port_request").set({ state: "failed" }).execute());

  expect(await cleanUpLater()).toBe(false);
});

describe("refusals", () => {
  test.each(["../../etc/passwd", "a/b", ".hidden", "", "a\nb", "x".repeat(241), "ä", "Foo.changes"])(
    "the name %j, told once per session and name",
    async (name) => {
      const session = await bench.incoming.openSession(FTP);
      const again = () => bench.incoming.receive(session, name, streamOf("x"));

      await expect(again()).rejects.toMatchObject({ code: "bad_file_name" });
      await expect(again()).rejects.toMatchObject({ code: "bad_file_name" });

      expect(await events()).toMatchObject([{ type: "REJECTED" }]);
      expect(await bench.incoming.files(session)).toEqual([]);
    },
  );

  test("too large, too many, too full; what was refused does not count", async () => {
    const limits = { fileBytes: 10, sessionBytes: 15, sessionFiles: 3, changesBytes: 5 };
    const incoming = await bench.restart({ limits });
    const session = await incoming.openSession(FTP);
    const put = (name: string, length: number) =>
      incoming.receive(session, name, streamOf("x".repeat(length)));

    await expect(put("a", 11)).rejects.toMatchObject({ code: "too_large" });
    await expect(put("hello_1_source.changes", 6)).rejects.toMatchObject({ code: "too_large" });
    await put("a", 10);
    await expect(put("b", 6)).rejects.toMatchObject({ code: "session_full" });
    await put("b", 4);
    await put("c", 1);
    await expect(put("d", 0)).rejects.toMatchObject({ code: "too_many_files" });
    expect((await incoming.files(session)).map((file) => file.name)).toEqual(["a", "b", "c"]);
  });

  test("quotas count what no upload took", async () => {
    const incoming = await bench.restart({ limits: { sessionFiles: 3 } });

    await sendAll(HTTP, [DSC, TAR, CHANGES], incoming);
    const dsc = { name: "hello_2.dsc", content: "2" };
    await sendAll(HTTP, [dsc, changesOf([dsc], "hello_2_source.changes")], incoming);

    expect(await uploads()).toHaveLength(2);
  });

  test("sessions per address and in all", async () => {
    const incoming = await bench.restart({ limits: { sessionsPerAddress: 2, sessions: 3 } });
    const open = (key: string, client: string) => incoming.openSession({ origin: "ftp", key, client });
    const first = await open("1", "2001:db8::1");
    await open("2", "2001:db8::2");

    await expect(open("3", "2001:db8::3")).rejects.toMatchObject({ code: "too_many_sessions" });
    await open("4", "192.0.2.1");
    await expect(open("5", "192.0.2.2")).rejects.toMatchObject({ code: "too_many_sessions" });
    await incoming.endSession(first);
    await open("6", "2001:db8::3");
  });

  test("HTTP sessions that hold nothing are not limited", async () => {
    const incoming = await bench.restart({ limits: { sessionsPerAddress: 1, sessions: 1 } });
    for (let n = 0; n < 6; n += 1)
      await sendAll({ ...HTTP, key: `token:${n}` }, [DSC, TAR, CHANGES], incoming);
    await sendAll({ ...HTTP, key: "token:x" }, [DSC], incoming);

    await expect(sendAll({ ...HTTP, key: "token:y" }, [DSC], incoming)).rejects.toMatchObject({
      code: "too_many_sessions",
    });
    expect(await uploads()).toHaveLength(6);
  });

  test("the engine is stopped, the disk is full", async () => {
    bench.engine.running = false;
    await expect(bench.incoming.openSession(FTP)).rejects.toMatchObject({ code: "engine_stopped" });
    bench.engine.running = true;
    const incoming = await bench.restart({ freeBytes: async () => 1 });

    await expect(sendAll(HTTP, [DSC], incoming)).rejects.toMatchObject({ code: "disk_full" });
  });

  test("a transfer that breaks off, and one that nobody waits for any more", async () => {
    const session = await bench.incoming.openSession(FTP);
    const broken = new Readable({ read: () => undefined });
    broken.push("half");
    const receiving = bench.incoming.receive(session, TAR.name, broken);
    broken.destroy(Object.assign(new Error("reset"), { code: "ECONNRESET" }));

    await expect(receiving).rejects.toMatchObject({ code: "transfer_broken" });
    await expect(
      bench.incoming.receive(session, DSC.name, streamOf("x"), { isWanted: () => false }),
    ).rejects.toMatchObject({ code: "transfer_broken" });
    expect(await bench.incoming.files(session)).toEqual([]);
  });

  test("a silent transfer", async () => {
    const incoming = await bench.restart({ limits: { idleSeconds: 0.05 } });
    const session = await incoming.openSession(FTP);

    await expect(
      incoming.receive(session, TAR.name, new Readable({ read: () => undefined })),
    ).rejects.toThrow("nothing came");
  });
});

describe("clean-up", () => {
  test("unused files go after a day, what an upload uses stays", async () => {
    const stray = { name: "stray.txt", content: "stray" };
    await sendAll(FTP, [DSC, TAR, CHANGES, stray]);
    bench.clock.advance(23 * 3600);
    await bench.incoming.cleanUp();
    expect(await bench.blobs.has(sha256("stray"))).toBe(true);

    bench.clock.advance(2 * 3600);
    const plan = await bench.incoming.planCleanup();
    await bench.incoming.cleanUp();

    expect(plan.files.map((file) => file.name)).toContain("stray.txt");
    expect(await bench.blobs.has(sha256("stray"))).toBe(false);
    expect(await bench.blobs.has(sha256(TAR.content))).toBe(true);
  });

  test("files of rejected uploads and the text go after two days, unless another row needs them", async () => {
    const session = await sendAll(FTP, [DSC, CHANGES]);
    await bench.incoming.endSession(session);
    const signed = { changes_text: "Format: 1.8\n", payload_sha256: "0" };
    await bench.db.write((tx) => tx.updateTable("upload").set(signed).execute());
    bench.clock.advance(47 * 3600);
    await bench.incoming.cleanUp();
    expect(await bench.blobs.has(sha256(CHANGES.content))).toBe(true);
    const now = bench.clock.now().toISOString();
    const pool = { repository: "r", path: "pool/x", sha256: sha256(DSC.content), size: 3, created_at: now };
    await bench.db.write((tx) => tx.insertInto("pool_file").values(pool).execute());

    bench.clock.advance(2 * 3600);
    await bench.incoming.cleanUp();

    expect(await bench.blobs.has(sha256(CHANGES.content))).toBe(false);
    expect(await bench.blobs.has(sha256(DSC.content))).toBe(true);
    const [rejected] = await uploads();
    expect(rejected?.expired_at).not.toBeNull();
    // Why it was rejected is still told.
    expect(rejected).toMatchObject({ changes_text: null, payload_sha256: "0", reason: expect.any(String) });
    expect(rejected?.errors).not.toBe("[]");
    expect(await bench.db.read.selectFrom("incoming_session").selectAll().execute()).toEqual([]);
  });
});

test("a session whose end failed is ended later, and its place is free then", async () => {
  let isBroken = false;
  const write: typeof bench.db.write = (work) =>
    isBroken ? Promise.reject(new Error("the database is away")) : bench.db.write(work);
  const incoming = await bench.restart({ db: { ...bench.db, write }, limits: { sessions: 1 } });
  const session = await sendAll(FTP, [DSC, CHANGES], incoming);
  isBroken = true;
  await expect(incoming.endSession(session)).rejects.toThrow("away");
  isBroken = false;

  await incoming.sweep();

  expect(await uploads()).toMatchObject([{ state: "REJECTED" }]);
  await sendAll({ ...FTP, key: "2" }, [DSC], incoming);
});

test("an internal upload is made once for its bkey", async () => {
  const files = [DSC, TAR, CHANGES].map((file) => ({
    name: file.name,
    sha256: sha256(file.content),
    sizeBytes: file.content.length,
  }));
  const upload = { files, changes: CHANGES.name, reservedBkey: "hello/1/x", from: "port" };
  const submit = () => bench.db.write((tx) => bench.incoming.submitInternal(tx, upload));

  bench.engine.running = false;
  await expect(submit()).rejects.toMatchObject({ code: "engine_stopped" });
  bench.engine.running = true;
  expect([await submit(), await submit()]).toEqual([1, 1]);

  expect(await uploads()).toMatchObject([
    { origin: "internal", state: "RECEIVED", reserved_bkey: "hello/1/x" },
  ]);
});
