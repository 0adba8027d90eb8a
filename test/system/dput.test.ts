import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openTestDatabase } from "#db";
import { createEvents } from "#events";
import { createFtpServer, createIncoming, type FtpServer, type Incoming, receiveHttp } from "#incoming";
import { createJobQueue } from "#jobs";
import { createBlobStore, silentLog, systemClock } from "#platform";
import { classicDput, dputNg, makeSourcePackage, type SourcePackage } from "#testing";

let root: string;
let pkg: SourcePackage;
let db: Awaited<ReturnType<typeof openTestDatabase>>;
let incoming: Incoming;
let ftp: FtpServer;
let http: Server;
let ports: { ftpPort: number; httpPort: number };
let running: boolean;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "mbd-dput-"));
  const dir = join(root, "package");
  pkg = await makeSourcePackage({ dir, name: "mbd-dput", version: "1.0", distribution: "sid-test-unstable" });
});
afterAll(() => rmSync(root, { recursive: true }));

beforeEach(async () => {
  running = true;
  db = await openTestDatabase();
  const storeDir = mkdtempSync(join(root, "store-"));
  incoming = createIncoming({
    db,
    blobs: createBlobStore(storeDir),
    storeDir,
    dir: mkdtempSync(join(root, "incoming-")),
    clock: systemClock,
    jobs: createJobQueue(systemClock),
    events: createEvents({ db, clock: systemClock, instance: "test" }),
    log: silentLog,
    isRunning: () => running,
    limits: { freeDiskBytes: 0 },
  });
  await incoming.start();
  ftp = createFtpServer({ incoming, log: silentLog, host: "127.0.0.1", port: 0 });
  http = createServer((request, response) => {
    const file = (request.url ?? "").replace("/upload/", "");
    const address = request.socket.remoteAddress ?? "";
    void receiveHttp(incoming, silentLog, { method: "PUT", file, body: request, address }).then((answer) => {
      response.writeHead(answer.status, answer.reason, answer.headers).end(answer.reason);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  ports = { ftpPort: (await ftp.start()).port, httpPort: (http.address() as AddressInfo).port };
});
afterEach(async () => {
  await ftp.stop();
  http.closeAllConnections();
  http.close();
  await incoming.stop();
  await db.close();
});

const uploads = () => db.read.selectFrom("upload").selectAll().execute();
const uploadFiles = async () =>
  (await db.read.selectFrom("upload_file").select("name").execute()).map((row) => row.name);

describe.each([
  ["classic dput", classicDput],
  ["dput-ng", dputNg],
])("%s", (_, dput) => {
  test.each(["ftp", "http"] as const)("a source upload by %s", async (method) => {
    const ran = await dput(ports, method, pkg.changes);

    expect(ran).toMatchObject({ exitCode: 0 });
    const changes = basename(pkg.changes);
    expect(await uploads()).toMatchObject([{ state: "RECEIVED", origin: method, changes_name: changes }]);
    expect((await uploadFiles()).sort()).toEqual(pkg.files.map((file) => basename(file)).sort());
  });

  test.each(["ftp", "http"] as const)("a stopped engine: %s fails and says why", async (method) => {
    running = false;

    const ran = await dput(ports, method, pkg.changes);

    expect(ran.exitCode).not.toBe(0);
    expect(ran.stdout + ran.stderr).toMatch(/The engine is stopped|503/);
    expect(await uploads()).toEqual([]);
  });

  test("sent a second time it is a second upload, for verification to judge", async () => {
    await dput(ports, "ftp", pkg.changes);
    await dput(ports, "ftp", pkg.changes);

    expect(await uploads()).toMatchObject([{ state: "RECEIVED" }, { state: "RECEIVED" }]);
  });
});
