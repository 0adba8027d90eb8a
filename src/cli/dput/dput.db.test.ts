import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openTestDatabase } from "#db";
import { createEvents } from "#events";
import { createFtpServer, createIncoming, type FtpServer, type Incoming, receiveHttp } from "#incoming";
import { createJobQueue } from "#jobs";
import { createBlobStore, silentLog, systemClock } from "#platform";
import { createTestCli, startTestInstance, type TestCli } from "../testing.ts";
import { writeUpload } from "../testing-upload.ts";

let cli: TestCli;
let db: Awaited<ReturnType<typeof openTestDatabase>>;
let incoming: Incoming;
let ftp: FtpServer;
let http: Server;
let ports: { ftp: number; http: number };

beforeEach(async () => {
  cli = createTestCli();
  db = await openTestDatabase();
  const [dir, storeDir] = [join(cli.dir, "incoming"), join(cli.dir, "store")];
  mkdirSync(storeDir);
  incoming = createIncoming({
    ...{ db, dir, storeDir, clock: systemClock, log: silentLog },
    blobs: createBlobStore(storeDir),
    jobs: createJobQueue(systemClock),
    events: createEvents({ db, clock: systemClock, instance: "test" }),
    isRunning: () => true,
    freeBytes: async () => Number.MAX_SAFE_INTEGER,
  });
  await incoming.start();
  ftp = createFtpServer({ incoming, log: silentLog, host: "127.0.0.1", port: 0 });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method, url = "", headers } = request;
    if (method !== "PUT" || !url.startsWith("/upload/")) return void response.writeHead(404).end();
    const {
      status,
      headers: more,
      reason,
    } = await receiveHttp(incoming, silentLog, {
      method,
      file: decodeURIComponent(url.slice("/upload/".length)),
      body: request,
      sessionToken: String(headers["x-mini-buildd-session"]),
      address: "127.0.0.1",
    });
    response.writeHead(status, more).end(`${reason}\n`);
  };
  http = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => void http.listen(0, "127.0.0.1", resolve));
  ports = { ftp: (await ftp.start()).port, http: (http.address() as AddressInfo).port };
});
afterEach(async () => {
  http.close();
  await ftp.stop();
  await incoming.stop();
  await db.close();
});

const config = () => {
  const file = join(cli.dir, "dput.cf");
  const text = `[DEFAULT]
login = anonymous
[by-ftp]
method = ftp
fqdn = 127.0.0.1:${ports.ftp}
incoming = /incoming
[by-http]
method = http
fqdn = 127.0.0.1:${ports.http}
login = *
incoming = /upload/
[nowhere]
fqdn = 127.0.0.1:${ports.ftp}
incoming = /elsewhere
`;
  writeFileSync(file, text);
  return file;
};
const uploads = () => db.read.selectFrom("upload").selectAll().orderBy("id").execute();

test.each(["by-ftp", "by-http"])("the real server receives one complete upload %s", async (target) => {
  const changes = writeUpload(cli.dir);

  const { code, err } = await cli.run("dput", "-c", config(), target, changes);

  expect([code, err]).toEqual([0, "Sending hello_1.0.dsc\nSending hello_1.0_source.changes\n"]);
  expect(await uploads()).toMatchObject([{ changes_name: "hello_1.0_source.changes", state: "RECEIVED" }]);
});

test("-C follows an upload by FTP at the endpoint that is named", async () => {
  const instance = await startTestInstance();
  const words = ["-C", "--endpoint", instance.url, "-c", config(), "by-ftp", writeUpload(cli.dir)];

  const running = cli.run("dput", ...words);
  await vi.waitFor(async () => expect(await uploads()).toHaveLength(1), 10_000);
  const [upload] = await uploads();
  instance.addEvent({ type: "FAILED", upload: upload?.id });

  expect(await running).toMatchObject({ code: 5, out: expect.stringContaining("FAILED") });
});

test("what the FTP server refuses is told in its words", async () => {
  const { code, err } = await cli.run("dput", "-c", config(), "nowhere", writeUpload(cli.dir));

  expect([code, err]).toEqual([1, expect.stringMatching(/^Error: .*\/incoming/)]);
});

test("no FTP server there is 4", async () => {
  const file = config();
  await ftp.stop();
  const { code, err } = await cli.run("dput", "-c", file, "by-ftp", writeUpload(cli.dir));
  expect([code, err]).toEqual([4, expect.stringContaining(`ftp://127.0.0.1:${ports.ftp} cannot be reached`)]);
});
