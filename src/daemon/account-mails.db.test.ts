import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Accounts, createAccounts } from "#accounts";
import { type Database, openTestDatabase } from "#db";
import { createJobQueue, createJobRunner } from "#jobs";
import { createMail, MAIL_JOB, openTransport } from "#mail";
import { silentLog, systemClock } from "#platform";
import { type MailServer, startMailServer } from "#testing";

// As foundation.ts and engine.ts bind them.
/** The machine may be busy. */
const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 15_000 });

let db: Database;
let server: MailServer;
let accounts: Accounts;
let stop: () => Promise<void>;

beforeEach(async () => {
  db = await openTestDatabase();
  server = await startMailServer();
  const queue = createJobQueue(systemClock);
  const common = { db, queue, clock: systemClock, log: silentLog };
  const transport = openTransport(`smtp://127.0.0.1:${server.port}`);
  const mail = createMail({ ...common, hostname: "build.example.org", transport });
  accounts = createAccounts({
    ...common,
    mail: mail.put,
    url: async () => "http://build.example.org:8066",
    readKeys: async () => [],
  });
  const runner = createJobRunner({ ...common, owner: "a", kinds: { [MAIL_JOB]: mail.job }, pollMs: 20 });
  await runner.start();
  stop = () => runner.stop();
});
afterEach(async () => {
  await stop();
  await server.close();
  await db.close();
});

/** The secret of the link in the only mail, or in the one after so many. */
async function mailedSecret(before = 0): Promise<string> {
  const secret = () => /\?secret=(\S+)/.exec(server.mails[before]?.text ?? "")?.[1];
  await eventually(() => expect(secret()).toBeDefined());
  return secret() ?? "";
}

test("registration is confirmed, and a forgotten password replaced, by what the mails say", async () => {
  const client = "127.0.0.1";
  const ada = { name: "ada", email: "ada@example.org" };
  await accounts.registration.register({ ...ada, password: "correct horse battery", client });

  await accounts.registration.confirm(await mailedSecret());
  await accounts.registration.requestReset({ nameOrEmail: "ada", client });
  await accounts.registration.reset(await mailedSecret(1), "staple staple horse");

  const signedIn = await accounts.sessions.signIn({
    ...{ name: "ada", password: "staple staple horse", client, userAgent: "test" },
  });
  expect(signedIn.principal.name).toBe("ada");
  expect(server.mails.map(({ to }) => to)).toEqual([["ada@example.org"], ["ada@example.org"]]);
});
