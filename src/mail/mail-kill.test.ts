import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { openSqlite } from "#db";
import { createJobQueue } from "#jobs";
import { silentLog, systemClock } from "#platform";
import { bundleProgram, startMailServer } from "#testing";
import { createMail, openTransport } from "./index.ts";

test("killed between sending and writing that down, a mail is sent again under the same Message-ID", async () => {
  const dir = mkdtempSync(join(tmpdir(), "mbd-mail-kill-"));
  const file = join(dir, "mini-buildd.sqlite");
  const program = await bundleProgram("src/mail/mail-program.ts", dir);
  let child: ChildProcess | undefined;
  const server = await startMailServer({
    // The whole mail is there, its sender does not know yet.
    received: () => {
      if (server.mails.length === 1) child?.kill("SIGKILL");
    },
  });
  const smtp = `smtp://127.0.0.1:${server.port}`;
  const run = () => spawn(process.execPath, [program, file, smtp], { stdio: "inherit" });
  const db = await openSqlite(file);
  const queue = createJobQueue(systemClock);
  const common = { db, queue, clock: systemClock, log: silentLog, transport: openTransport(smtp) };
  const mail = createMail({ ...common, hostname: "build.example.org" });
  await db.write((tx) =>
    mail.put(tx, { to: "ada@example.org", subject: "hello", body: "installed\n", key: "event-1" }),
  );

  child = run();
  await once(child, "exit");
  const states = async () =>
    (await db.read.selectFrom("outbox").select("state").execute()).map((row) => row.state);
  expect([child.signalCode, await states()]).toEqual(["SIGKILL", ["queued"]]);
  child = run();
  await vi.waitFor(async () => expect(await states()).toEqual(["sent"]), { timeout: 15_000 });

  child.kill();
  await once(child, "exit");
  await db.close();
  await server.close();
  rmSync(dir, { recursive: true });
  const ids = server.mails.map(({ headers }) => headers["message-id"]);
  expect(ids).toEqual(["<event-1@build.example.org>", "<event-1@build.example.org>"]);
});
