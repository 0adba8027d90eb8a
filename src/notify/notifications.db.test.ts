import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Database, openTestDatabase, type Row } from "#db";
import { createEvents, type Events, type NewEvent } from "#events";
import { createJobQueue } from "#jobs";
import { createMail, openTransport } from "#mail";
import { silentLog, systemClock } from "#platform";
import { createNotifications } from "./index.ts";

const NOW = "2024-01-02T03:00:00.000Z";
const BKEY = "hello/1.0/20240102T030000Z/source";
const HELLO = {
  ...{ source: "hello", version: "1.0", distribution: "bookworm-test-unstable", repository: "test" },
} as const;

let db: Database;
let events: Events;

beforeEach(async () => {
  db = await openTestDatabase();
  events = open({ mail: true });
  await db.write(async (tx) => {
    await tx.insertInto("setting").values({ name: "url", value: "http://build.example.org:8066" }).execute();
    const layout = {
      ...{ name: "Default", default_version: "", mandatory_version_regex: "", meta_distributions: "" },
      ...{ experimental_default_version: "", experimental_mandatory_version_regex: "" },
    };
    const { id: layout_id } = await tx
      .insertInto("layout")
      .values(layout)
      .returning("id")
      .executeTakeFirstOrThrow();
    await tx
      .insertInto("repository")
      .values({
        ...{ identity: "test", layout_id, origin: "", description: "", created_at: NOW },
        ...({ allow_unauthenticated_uploads: 1, extra_uploader_keyrings: "[]", active: 1 } as const),
        notify: JSON.stringify(["keeper@example.org"]),
        ...({ notify_changed_by: 1, notify_maintainer: 1 } as const),
        allow_emails_to: ".*@example\\.org",
      })
      .execute();
  });
});
afterEach(() => db.close());

function open({ mail }: { mail: boolean }): Events {
  const queue = createJobQueue(systemClock);
  const common = { db, queue, clock: systemClock, log: silentLog, hostname: "build.example.org" };
  const transport = openTransport("smtp://127.0.0.1:1");
  const putMail = mail ? createMail({ ...common, transport }).put : undefined;
  const alongside = createNotifications({
    ...{ ...common, putMail, identity: "acme", notify: ["boss@example.org"] },
  });
  return createEvents({ db, clock: systemClock, instance: "acme", alongside });
}

async function addUpload(change: Partial<Row<"upload">> = {}): Promise<number> {
  const row = {
    ...{ origin: "http", changes_name: "hello_1.0_source.changes", changes_sha256: "a".repeat(64) },
    ...{ state: "ACCEPTED", errors: "[]", received_from: "test", created_at: NOW, signer: "A".repeat(40) },
    ...{ changed_by: "Ada <ada@example.org>", maintainer: "Ben <ben@example.org>" },
    changes_text: "Format: 1.8\nSource: hello\n",
    ...change,
  };
  return await db.write(
    async (tx) => (await tx.insertInto("upload").values(row).returning("id").executeTakeFirstOrThrow()).id,
  );
}

async function addPackaging(upload_id: number, change: Partial<Row<"packaging">> = {}): Promise<number> {
  const row = {
    ...{ bkey: BKEY, upload_id, ...HELLO, codename: "bookworm", suite: "unstable", component: "main" },
    ...{ dsc: "hello_1.0.dsc", options: "[]", changed_by: "Ada <ada@example.org>", state: "INSTALLED" },
    ...{ accepted_no: 1, created_at: NOW },
    ...change,
  };
  return await db.write(
    async (tx) => (await tx.insertInto("packaging").values(row).returning("id").executeTakeFirstOrThrow()).id,
  );
}

async function addBuild(packaging_id: number, arch: string, change: Partial<Row<"build">>): Promise<void> {
  const flags = { build_any: 1, build_all: 0, optional: 0, cancel_requested: 0 } as const;
  const row = {
    ...{ packaging_id, bkey: `${BKEY} ${arch}`, codename: "bookworm", arch, ...flags },
    ...{ state: "BUILT", attempt: 1, fence: 1, queued_at: NOW },
    ...change,
  };
  await db.write((tx) => tx.insertInto("build").values(row).execute());
}

async function subscribe(name: string, what: { package: string; distribution: string }): Promise<void> {
  await db.write(async (tx) => {
    const user = { name, level: "LOGIN", password_hash: "", active: 1 as const, created_at: NOW };
    const { id } = await tx
      .insertInto("user_account")
      .values({ ...user, email: `${name}@elsewhere.net` })
      .returning("id")
      .executeTakeFirstOrThrow();
    await tx
      .insertInto("subscription")
      .values({ ...what, user_account_id: id, created_at: NOW })
      .execute();
  });
}

const record = (event: NewEvent) => db.write((tx) => events.record(tx, event));
const mails = () => db.read.selectFrom("outbox").selectAll().orderBy("id").execute();
const recipients = async () => (await mails()).map(({ recipient }) => recipient.split("@")[0]);

describe("an installed package", () => {
  test("is told to all who are to know, with builds, QA and the .changes", async () => {
    const upload = await addUpload();
    const packaging = await addPackaging(upload);
    const report = (result: string) => ({ mode: "ERRFAIL", result, exit: 0, counts: {}, lines: [] });
    const result = JSON.stringify({
      qa: { lintian: report("PASS"), autopkgtest: report("SKIPPED"), piuparts: report("WARN") },
      errorLines: [{ line: 1, text: "not shown of a good build" }],
    });
    await addBuild(packaging, "amd64", { result });
    await addBuild(packaging, "arm64", { state: "FAILED", reason: "package", result: "{}" });
    await subscribe("cy", { package: "hello", distribution: "" });
    await subscribe("dora", { package: "", distribution: "bookworm-test-unstable" });
    await subscribe("eve", { package: "other", distribution: "" });

    const id = await record({ type: "INSTALLED", ...HELLO, message: "installed", upload, packaging });

    expect(await recipients()).toEqual(["boss", "keeper", "ada", "ben", "cy", "dora"]);
    const [first] = await mails();
    expect(first).toMatchObject({
      message_id: `<acme-event-${id}@build.example.org>`,
      subject: "[mini-buildd-acme] INSTALLED (bookworm-test-unstable): hello 1.0: installed",
      state: "queued",
    });
    expect(first?.body).toContain("* arm64: FAILED (package)");
    expect(first?.body).toContain(
      "lintian PASS, piuparts WARN\n  http://build.example.org:8066/builds/1/log",
    );
    expect(first?.body).toContain("  Source: hello");
    expect(first?.body).not.toContain("not shown");
  });

  test("has mails only if its event has come to be", async () => {
    const upload = await addUpload();
    const failing = db.write(async (tx) => {
      await events.record(tx, { type: "INSTALLED", ...HELLO, message: "installed", upload });
      throw new Error("no");
    });

    await expect(failing).rejects.toThrow("no");
    expect(await mails()).toEqual([]);
  });

  test("has none where mail does not work", async () => {
    events = open({ mail: false });

    await record({ type: "INSTALLED", ...HELLO, message: "installed" });

    expect(await mails()).toEqual([]);
  });
});

test("of what waits for dependencies, the first build of a packaging is told", async () => {
  const packaging = await addPackaging(await addUpload());
  for (const arch of ["amd64", "arm64"])
    await record({ type: "DEP_WAIT", ...HELLO, arch, packaging, message: "waits", data: { missing: "x" } });

  expect((await mails()).map(({ subject }) => subject)).toEqual(
    Array.from({ length: 4 }, () => expect.stringContaining("[amd64]: waits")),
  );
});

test("a migration is told to who made that version", async () => {
  await addPackaging(await addUpload({ changed_by: "Old <old@example.org>" }), {
    bkey: "0",
    state: "FAILED",
  });
  await addPackaging(await addUpload());
  const to = "bookworm-test-testing";

  await record({
    type: "MIGRATED",
    ...HELLO,
    distribution: to,
    message: "migrated",
    data: { from: "x", to },
  });

  expect(await recipients()).toEqual(["boss", "keeper", "ada", "ben"]);
  expect((await mails())[0]?.body).toContain("  Source: hello");
});

describe("a rejection", () => {
  const errors = (code: string) => ({ errors: [{ code, message: "No." }] });

  test("of an upload with a good signature is told to who made it, also of no known repository", async () => {
    const upload = await addUpload({ state: "REJECTED", changed_by: "Fay <fay@build.example.org>" });
    const about = { source: "hello", version: "1.0", distribution: "what-ever", upload };

    await record({ type: "REJECTED", ...about, message: "No.", data: errors("unknown_repository") });

    expect(await recipients()).toEqual(["boss", "fay"]);
  });

  test("of an unsigned one is told to the keepers only", async () => {
    const upload = await addUpload({ state: "REJECTED", signer: null });
    await subscribe("cy", { package: "", distribution: "" });

    await record({ type: "REJECTED", ...HELLO, upload, message: "No.", data: errors("signature_bad") });
    await record({ type: "REJECTED", upload, message: "Incomplete.", data: errors("incomplete") });

    expect(await recipients()).toEqual(["boss", "keeper", "boss"]);
  });

  test("of a duplicate is told to nobody", async () => {
    const upload = await addUpload({ state: "REJECTED" });

    await record({ type: "REJECTED", ...HELLO, upload, message: "No.", data: errors("duplicate_upload") });

    expect(await mails()).toEqual([]);
  });
});

test("a mail that cannot be written keeps nothing from happening", async () => {
  await db.write((tx) => tx.updateTable("repository").set({ notify: "{}" }).execute());

  const id = await record({ type: "FAILED", ...HELLO, message: "no" });

  expect(await events.latest({}, 1)).toMatchObject([{ id, type: "FAILED" }]);
  expect(await mails()).toEqual([]);
});

test("hostile names make one line of the subject, and an address that is none makes no mail", async () => {
  const upload = await addUpload({ changed_by: "Eve <eve@example.org\r\nBcc: all@example.org>" });
  const evil = "x\r\nBcc: all@example.org\u2028y";

  await record({ type: "FAILED", ...HELLO, source: evil, message: evil.repeat(1000), upload });

  const rows = await mails();
  expect(rows.map(({ recipient }) => recipient)).toEqual([
    "boss@example.org",
    "keeper@example.org",
    "ben@example.org",
  ]);
  for (const { subject, state } of rows) {
    expect(subject).toMatch(
      /^\[mini-buildd-acme\] FAILED \(bookworm-test-unstable\): x Bcc: all@example\.org y/,
    );
    expect(subject).not.toMatch(/[\r\n\u2028]/);
    expect([subject.length <= 250, state]).toEqual([true, "queued"]);
  }
});
