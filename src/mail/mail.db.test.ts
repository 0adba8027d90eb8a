import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { createJobQueue, createJobRunner } from "#jobs";
import { type Clock, silentLog } from "#platform";
import { type MailServer, parseMail, startMailServer } from "#testing";
import { createMail, MAIL_JOB, type Mail, type NewMail, openTransport, type Transport } from "./index.ts";

const HELLO: NewMail = {
  to: "ada@example.org",
  subject: "hello installed",
  body: "line 1\nline 2\n",
  key: "event-1",
};

/** The machine may be busy. */
const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 15_000 });

let db: Database;
let now: number;
let mail: Mail;
const ends: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  db = await openTestDatabase();
  now = Date.parse("2024-01-02T03:00:00.000Z");
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await db.close();
});

async function startServer(options: Parameters<typeof startMailServer>[0] = {}): Promise<MailServer> {
  const started = await startMailServer(options);
  ends.push(() => started.close());
  return started;
}

/** Mail by this transport, with a running queue. */
async function start(transport: Transport | string): Promise<void> {
  const clock: Clock = { now: () => new Date(now) };
  const queue = createJobQueue(clock);
  const way = typeof transport === "string" ? openTransport(transport) : transport;
  mail = createMail({ db, clock, queue, log: silentLog, hostname: "build.example.org", transport: way });
  const kinds = { [MAIL_JOB]: mail.job };
  const runner = createJobRunner({ db, clock, log: silentLog, queue, owner: "a", kinds, pollMs: 20 });
  ends.push(() => runner.stop());
  await runner.start();
}

const put = (change: Partial<NewMail> = {}) => db.write((tx) => mail.put(tx, { ...HELLO, ...change }));
const rows = () => db.read.selectFrom("outbox").selectAll().orderBy("id").execute();
const jobs = () => db.read.selectFrom("job").selectAll().orderBy("id").execute();
const ended = async (state: string) =>
  await eventually(async () => expect((await rows()).map((row) => row.state)).toEqual([state]));

describe("by SMTP", () => {
  test("a mail arrives once, as it was written, and its text is not kept", async () => {
    const { port, mails } = await startServer();
    await start(`smtp://127.0.0.1:${port}`);
    const body = `Grüße\n.\n\n${"x".repeat(300)}\nhttp://build.example.org/account/confirm?secret=abc\n`;

    await put({ subject: "Ünstable", body });
    await put({ subject: "the same key again" });

    await ended("sent");
    expect(mails).toMatchObject([{ from: "mini-buildd@build.example.org", to: ["ada@example.org"] }]);
    expect(mails[0]?.text.trimEnd()).toBe(body.trimEnd());
    expect(mails[0]?.headers).toMatchObject({
      from: "mini-buildd@build.example.org",
      to: "ada@example.org",
      subject: "=?UTF-8?Q?=C3=9Cnstable?=",
      "message-id": "<event-1@build.example.org>",
      "auto-submitted": "auto-generated",
      "content-type": "text/plain; charset=utf-8",
      date: "Tue, 02 Jan 2024 03:00:00 +0000",
    });
    expect(await rows()).toMatchObject([{ body: "", ended_at: "2024-01-02T03:00:00.000Z" }]);
  });

  test("each recipient gets a mail of their own", async () => {
    const { port, mails } = await startServer();
    await start(`smtp://127.0.0.1:${port}`);

    await put();
    await put({ to: "ben@example.org" });

    await eventually(() => expect(mails).toHaveLength(2));
    expect(mails.map(({ to }) => to.join()).sort()).toEqual(["ada@example.org", "ben@example.org"]);
  });

  test("with name and password, over TLS where the server offers it", async () => {
    const logins: unknown[] = [];
    const { port, mails } = await startServer({
      authOptional: false,
      disabledCommands: [],
      onAuth: ({ username, password }, session, done) => {
        logins.push([username, password, session.secure]);
        done(null, { user: 1 });
      },
    });
    await start(`smtp://ada%40example.org:p%3A%2Fw@localhost:${port}`);

    await put();

    await eventually(() => expect(mails).toHaveLength(1));
    expect(logins).toEqual([["ada@example.org", "p:/w", true]]);
  });

  test("nothing becomes a header: an impossible address is dead at once, a subject one line", async () => {
    const { port, mails } = await startServer();
    await start(`smtp://127.0.0.1:${port}`);

    await put({ to: "ada@example.org\r\nBcc: eve@example.org", key: "a" });
    await put({ subject: "hello\r\nBcc: eve@example.org\r\n\r\nBuy!", key: "b\r\nBcc: eve@example.org" });

    await eventually(() => expect(mails).toHaveLength(1));
    expect(mails[0]?.to).toEqual(["ada@example.org"]);
    expect(mails[0]?.headers).not.toHaveProperty("bcc");
    expect(mails[0]?.headers.subject).toBe("hello Bcc: eve@example.org Buy!");
    expect((await rows())[0]).toMatchObject({ state: "dead", error: "this is not an address to send to" });
    expect(await jobs()).toHaveLength(1);
  });
});

describe("what a server refuses", () => {
  const refuse = (code: number) =>
    Object.assign(new Error("<ada@example.org>: not now"), { responseCode: code });

  test("for the moment (4xx) is tried again later, with the same Message-ID", async () => {
    let tries = 0;
    const { port, mails } = await startServer({
      onRcptTo: (_address, _session, done) => {
        tries += 1;
        done(tries === 1 ? refuse(450) : null);
      },
    });
    await start(`smtp://127.0.0.1:${port}`);

    await put();
    await eventually(async () => expect(await jobs()).toMatchObject([{ state: "queued", attempt: 1 }]));
    const [job] = await jobs();
    expect(job).toMatchObject({ run_after: "2024-01-02T03:01:00.000Z" });
    expect(job?.error).toContain("450 <…@example.org>: not now");
    now += 60_000;

    await ended("sent");
    expect(mails.map(({ headers }) => headers["message-id"])).toEqual(["<event-1@build.example.org>"]);
  });

  test.each([
    ["the recipient", "onRcptTo"],
    ["the sender", "onMailFrom"],
  ] as const)("for good (5xx), %s, is dead and said so without the address", async (_what, hook) => {
    const { port } = await startServer({
      [hook]: (_a: unknown, _s: unknown, done: (e: Error) => void) => done(refuse(550)),
    });
    await start(`smtp://127.0.0.1:${port}`);

    await put();

    await ended("dead");
    await eventually(async () => expect(await jobs()).toMatchObject([{ state: "done", attempt: 1 }]));
    const [row] = await rows();
    expect(row?.error).toContain("550 <…@example.org>: not now");
    expect(row?.body).toBe("");
  });

  test("because of the settings here (wrong password) is tried again", async () => {
    const { port } = await startServer({
      authOptional: false,
      onAuth: (_auth, _session, done) => done(Object.assign(new Error("no"), { responseCode: 535 })),
    });
    await start(`smtp://ada:wrong@127.0.0.1:${port}`);

    await put();

    await eventually(async () => expect(await jobs()).toMatchObject([{ state: "queued", attempt: 1 }]));
    expect(await rows()).toMatchObject([{ state: "queued" }]);
  });
});

test("a server that is down: tried for three days, then dead; what it tells of has happened all the same", async () => {
  const { port, close } = await startMailServer();
  await close();
  await start(`smtp://127.0.0.1:${port}`);

  await put();
  for (let attempt = 1; attempt < 20; attempt += 1) {
    await eventually(async () => expect(await jobs()).toMatchObject([{ state: "queued", attempt }]));
    now = Date.parse((await jobs())[0]?.run_after ?? "");
  }

  await ended("dead");
  const days = (now - Date.parse("2024-01-02T03:00:00.000Z")) / 86_400_000;
  expect(days).toBeCloseTo(3, 1);
  expect((await rows())[0]?.error).toContain("ECONNREFUSED");
});

test("a transaction that is rolled back sends nothing", async () => {
  const { port } = await startServer();
  await start(`smtp://127.0.0.1:${port}`);

  const failing = db.write(async (tx) => {
    await mail.put(tx, HELLO);
    throw new Error("no");
  });

  await expect(failing).rejects.toThrow("no");
  expect([await rows(), await jobs()]).toEqual([[], []]);
});

test("the daemon does not wait for a server that says nothing when it stops; the mail is sent by the next one", async () => {
  const { port, mails } = await startServer({ onMailFrom: () => undefined });
  await start(`smtp://127.0.0.1:${port}`);
  await put();
  await eventually(async () => expect(await jobs()).toMatchObject([{ state: "leased" }]));

  await ends.pop()?.();
  expect(await jobs()).toMatchObject([{ state: "queued", attempt: 0 }]);
  expect(mails).toEqual([]);
  const second = await startServer();
  await start(`smtp://127.0.0.1:${second.port}`);

  await ended("sent");
});

describe("by sendmail", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "mbd-sendmail-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  function fakeSendmail(script: string): Transport {
    const path = join(dir, "sendmail");
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return openTransport("sendmail", path);
  }

  test("the program gets the recipient as argument and the mail as input", async () => {
    await start(fakeSendmail(`echo "$@" > ${dir}/args; cat > ${dir}/mail`));

    await put();

    await ended("sent");
    expect(readFileSync(join(dir, "args"), "utf8")).toBe(
      "-i -f mini-buildd@build.example.org ada@example.org\n",
    );
    const { headers, text } = parseMail(readFileSync(join(dir, "mail"), "latin1"));
    expect(headers["message-id"]).toBe("<event-1@build.example.org>");
    expect(text.trimEnd()).toBe("line 1\nline 2");
  });

  test("a program that fails is tried again", async () => {
    await start(fakeSendmail("cat > /dev/null; exit 75"));

    await put();

    await eventually(async () => expect(await jobs()).toMatchObject([{ state: "queued", attempt: 1 }]));
  });
});

describe("what --smtp may be", () => {
  test.each(["", "mail", "http://mail", "smtp://", "smtp:mail", "smtp://mail/path", "sendmail -t"])(
    "not %j",
    (text) => expect(() => openTransport(text)).toThrow("mail goes by smtp://"),
  );

  test("a mistake is told without the password", () => {
    expect(() => openTransport("smpt://ada:geheim@mail")).toThrow(/^((?!geheim).)*$/s);
  });
});
