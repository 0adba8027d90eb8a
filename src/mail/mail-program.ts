import { openSqlite } from "#db";
import { createJobQueue, createJobRunner } from "#jobs";
import { silentLog, systemClock } from "#platform";
import { createMail, MAIL_JOB, openTransport } from "./index.ts";

// A process that a test kills: sends the mails of the database of its first argument to the server of its second.

const [file = "", smtp = ""] = process.argv.slice(2);
const db = await openSqlite(file);
const queue = createJobQueue(systemClock);
const common = { db, clock: systemClock, log: silentLog, queue };
const mail = createMail({ ...common, hostname: "build.example.org", transport: openTransport(smtp) });
const owner = String(process.pid);
await createJobRunner({ ...common, owner, kinds: { [MAIL_JOB]: mail.job }, pollMs: 50 }).start();
