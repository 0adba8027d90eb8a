import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { createEvents } from "#events";
import { createJobQueue } from "#jobs";
import { createTestGpg, createVerifier, type TestGpg } from "#keys";
import { exec, type Home, homeAt, prepareHome, silentLog, systemClock } from "#platform";
import { createFetch } from "./fetch.ts";
import type { NewSource } from "./source-fields.ts";
import { createSourceService, type SourceService } from "./source-service.ts";
import { findSource, type Source } from "./source-store.ts";
import { createTestArchive, type PublishedRelease, type TestArchive } from "./testing.ts";

let gpg: TestGpg;
let key: string;
let keyring: Uint8Array;
let db: Database;
let home: Home;
let archive: TestArchive;
let second: TestArchive;
let service: SourceService;
let messages: () => Promise<string[]>;

beforeAll(async () => {
  gpg = createTestGpg();
  key = await gpg.makeKey("Archive");
  keyring = await gpg.keyring(key);
});
afterAll(() => gpg.close());

beforeEach(async () => {
  db = await openTestDatabase();
  home = homeAt(mkdtempSync(join(tmpdir(), "mbd-source-")));
  await prepareHome(home);
  archive = await createTestArchive();
  second = await createTestArchive();
  const clock = systemClock;
  const events = createEvents({ db, clock, instance: "acme" });
  const verifier = createVerifier({ exec, clock, keyringsDir: home.keyrings });
  const jobs = createJobQueue(clock);
  service = createSourceService({
    db,
    clock,
    events,
    jobs,
    verifier,
    home,
    fetch: createFetch(),
    exec,
    log: silentLog,
  });
  messages = async () => (await events.after(0)).events.map((event) => event.message);
});

afterEach(async () => {
  await db.close();
  await Promise.all([archive.close(), second.close()]);
  rmSync(home.root, { recursive: true });
});

const add = (more: Partial<NewSource> = {}) =>
  db.write((tx) =>
    service.add(tx, { origin: "Debian", codename: "bookworm", archives: [archive.url], keyring, ...more }),
  );
const publish = (release: Partial<PublishedRelease> = {}, to = archive) =>
  to.publish("bookworm", { gpg, key, ...release });

async function stored(id: number): Promise<Source> {
  const source = await findSource(db.read, id);
  if (source === undefined) throw new Error("no source");
  return source;
}

describe("a check", () => {
  test("takes what the Release file says, and asks for changes only the next time", async () => {
    await publish();
    const id = await add();

    await service.check(id);
    await service.check(id);

    expect(await stored(id)).toMatchObject({
      state: "active",
      codeversion: "12",
      codeversionSeen: "12",
      components: ["main", "contrib"],
      architectures: ["amd64", "arm64"],
      description: "Debian 12.5 Released",
    });
    expect(archive.requests).toEqual([
      "GET dists/bookworm/InRelease 200",
      "GET dists/bookworm/InRelease 304",
    ]);
    expect(await messages()).toEqual(["Debian bookworm: it can be used"]);
  });

  test("takes Release with Release.gpg, and names of components without their prefix", async () => {
    await publish({ detached: true, fields: { Components: "updates/main updates/contrib" } });
    const id = await add({ removeFromComponent: "updates/" });

    await service.check(id);

    expect(await stored(id)).toMatchObject({ state: "active", components: ["main", "contrib"] });
  });

  test("keeps the codeversion until an administrator accepts another or sets one", async () => {
    await publish();
    const id = await add();
    await service.check(id);
    archive.lastModified = new Date();
    await publish({ fields: { Version: "13.0" } });

    await service.check(id);

    expect(await stored(id)).toMatchObject({ codeversion: "12", codeversionSeen: "13" });
    expect((await messages()).at(-1)).toContain("its codeversion would now be '13'; '12' stays");
    await db.write((tx) => service.update(tx, id, { acceptCodeversion: true }));
    expect((await stored(id)).codeversion).toBe("13");
    await db.write((tx) => service.update(tx, id, { codeversionOverride: "~SID" }));
    expect(await stored(id)).toMatchObject({ codeversion: "~SID", codeversionSticky: "13" });
  });

  test.each<[string, string, Partial<PublishedRelease>]>([
    ["mismatch", "Origin", { fields: { Origin: "Other" } }],
    ["expired", "valid until", { fields: { "Valid-Until": "Sat, 01 Jan 2022 00:00:00 UTC" } }],
    ["weak", "SHA256", { fields: { SHA256: undefined } }],
  ])("that finds the only archive %s puts the source in error", async (problem, reason, release) => {
    await publish(release);
    const id = await add();

    await expect(service.check(id)).rejects.toMatchObject({ code: "source_unusable" });

    const { state, error } = await stored(id);
    expect(state).toBe("error");
    expect(error).toContain(`is ${problem}`);
    expect(error).toContain(reason);
    expect(await messages()).toHaveLength(1);
  });

  test("trusts only the keys of the source, and finds archives that are gone", async () => {
    const stranger = await gpg.makeKey(`Stranger${Math.random()}`);
    await publish({ key: stranger });
    const id = await add();

    await expect(service.check(id)).rejects.toThrow("is untrusted");
    archive.files.clear();
    await expect(service.check(id)).rejects.toThrow("answered 404");
  });

  test("needs one good archive of several and puts it first; a failed one goes last", async () => {
    await publish({}, second);
    const id = await add({ archives: [archive.url, second.url] });

    await service.check(id);

    expect((await stored(id)).archives).toEqual([second.url, archive.url]);
    await publish();
    await service.archiveFailed(second.url);
    expect((await stored(id)).archives).toEqual([archive.url, second.url]);
    await service.check(id);
    expect((await stored(id)).archives).toEqual([archive.url, second.url]);
  });
});

test("an archive that a build cannot fetch from goes last by the name that the build has for it", async () => {
  const archives = ["https://a.example/debian/", "http://b.example/debian/"];
  const id = await add({ archives });

  await service.archiveFailed("http://a.example/debian/");
  await service.archiveFailed("http://c.example/debian/");

  expect((await stored(id)).archives).toEqual(archives.toReversed());
});

test("sources of an archive that a build cannot fetch from are checked at once, others are not", async () => {
  const base = await add();
  const extra = await add({ codename: "bookworm-updates" });
  await add({ origin: "Other", archives: [second.url] });
  await db.write((tx) => tx.deleteFrom("job").execute());

  await service.archiveFailed(archive.url);
  await service.archiveFailed(archive.url);

  const jobs = await db.read.selectFrom("job").select(["kind", "subject"]).orderBy("id").execute();
  expect(jobs).toEqual([base, extra].map((id) => ({ kind: "source_check", subject: `source:${id}` })));
});

test("addresses, codenames and keys are checked when a source is added", async () => {
  await expect(add({ archives: ["file:///srv"] })).rejects.toMatchObject({ code: "bad_argument" });
  await expect(add({ archives: ["http://x.example/ y"] })).rejects.toMatchObject({ code: "bad_argument" });
  await expect(add({ codename: "../x" })).rejects.toMatchObject({ code: "bad_argument" });
  await expect(add({ keyring: new Uint8Array() })).rejects.toMatchObject({ code: "bad_argument" });
  const id = await add({ archives: ["http://x.example/debian"] });
  expect((await stored(id)).archives).toEqual(["http://x.example/debian/"]);
});

describe("the Sources index", () => {
  const sum = (digit: string): string => digit.repeat(64);
  const stanza = (name: string, digit: string): string =>
    `Package: ${name}\nDirectory: pool/main/h/${name}\nChecksums-Sha256:\n ${sum(digit)} 100 ${name}_1.0+x-1.dsc\n ${sum("f")} 7 ${name}_1.0+x.orig.tar.gz\n`;
  const text = `${stanza("hello", "a")}\n${stanza("hallo", "b")}`;

  test("vouches for what it lists, and is read once", async () => {
    await publish({
      indices: { "main/source/Sources.gz": gzipSync(text), "contrib/source/Sources.gz": gzipSync("") },
    });
    const id = await add();
    await service.check(id);

    const found = await service.findDsc(`${archive.url}pool/main/h/hallo/hallo_1.0%2bx-1.dsc`);
    const again = await service.findDsc(`${archive.url}pool/main/h/hello/hello_1.0+x-1.dsc`);
    const none = await service.findDsc(`${archive.url}pool/main/h/hello/hello_2.0-1.dsc`);
    const elsewhere = await service.findDsc("https://elsewhere.example/pool/main/h/hello/hello_1.0+x-1.dsc");

    expect(found).toMatchObject({ sha256: sum("b"), size: 100, source: "Debian bookworm" });
    expect(found?.files.map((file) => file.name)).toEqual(["hallo_1.0+x-1.dsc", "hallo_1.0+x.orig.tar.gz"]);
    expect(again?.sha256).toBe(sum("a"));
    expect([none, elsewhere]).toEqual([undefined, undefined]);
    expect(archive.requests.filter((line) => line.includes("Sources"))).toHaveLength(1);
  });

  test("is not believed when it is not what the signed Release file lists", async () => {
    await publish({ indices: { "main/source/Sources.gz": gzipSync(text) } });
    const id = await add();
    await service.check(id);
    archive.files.set("dists/bookworm/main/source/Sources.gz", gzipSync(stanza("evil", "c")));

    const finding = service.findDsc(`${archive.url}pool/main/h/evil/evil_1.0+x-1.dsc`);

    await expect(finding).rejects.toMatchObject({ code: "source_unusable" });
  });
});
