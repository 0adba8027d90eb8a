import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openTestDatabase } from "#db";
import { createEvents } from "#events";
import { createFtpServer, createIncoming, type FtpServer, type Incoming, receiveHttp } from "#incoming";
import { createJobQueue } from "#jobs";
import { createBlobStore, silentLog, systemClock } from "#platform";

const run = promisify(execFile);
const CHANGES = "mbd-dput_1.0_source.changes";
let root: string;
let classic: { readonly program: string; readonly env: Record<string, string> };
let db: Awaited<ReturnType<typeof openTestDatabase>>;
let incoming: Incoming;
let ftp: FtpServer;
let http: Server;
let ports: { ftp: number; http: number };
let running = true;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "mbd-dput-"));
  await makePackage(join(root, "package"));
  classic = await unpackClassicDput(join(root, "classic"));
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
  ports = { ftp: (await ftp.start()).port, http: (http.address() as AddressInfo).port };
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
  (await db.read.selectFrom("upload_file").select("name").orderBy("name").execute()).map((row) => row.name);

describe.each(["classic dput", "dput-ng"] as const)("%s", (kind) => {
  test.each(["ftp", "http"] as const)("a source upload by %s", async (method) => {
    const sent = await dput(kind, method);

    expect(sent).toMatchObject({ code: 0 });
    expect(await uploads()).toMatchObject([{ state: "RECEIVED", origin: method, changes_name: CHANGES }]);
    expect(await uploadFiles()).toEqual([
      "mbd-dput_1.0.dsc",
      "mbd-dput_1.0.tar.xz",
      "mbd-dput_1.0_source.buildinfo",
      CHANGES,
    ]);
  });

  test("a stopped engine: the client fails and says why", async () => {
    running = false;

    const byFtp = await dput(kind, "ftp");
    const byHttp = await dput(kind, "http");

    expect(byFtp.code).not.toBe(0);
    expect(byHttp.code).not.toBe(0);
    expect(byFtp.output).toContain("The engine is stopped");
    expect(await uploads()).toEqual([]);
  });

  test("sent a second time it is a second upload, for verification to judge", async () => {
    await dput(kind, "ftp");
    await dput(kind, "ftp");

    expect(await uploads()).toMatchObject([{ state: "RECEIVED" }, { state: "RECEIVED" }]);
  });
});

/** Runs a dput with a configuration and a home of its own, and only to loopback. */
async function dput(
  kind: "classic dput" | "dput-ng",
  method: "ftp" | "http",
): Promise<{ code: number; output: string }> {
  const home = mkdtempSync(join(root, "home-"));
  const config = join(home, "dput.cf");
  const lines = {
    method,
    fqdn: `127.0.0.1:${ports[method]}`,
    incoming: method === "ftp" ? "/incoming" : "/upload/",
    login: "anonymous",
    passive_ftp: "1",
    allow_unsigned_uploads: "1",
    run_dinstall: "0",
    run_lintian: "0",
    check_version: "0",
  };
  await writeFile(
    config,
    `[mbd-test]\n${Object.entries(lines)
      .map(([key, value]) => `${key} = ${value}\n`)
      .join("")}`,
  );
  const env = { PATH: "/usr/bin:/bin", LANG: "C.UTF-8", HOME: home, NO_PROXY: "*", no_proxy: "*" };
  const target = ["--force", "mbd-test", join(root, "package", CHANGES)];
  const [program, args, more] =
    kind === "dput-ng"
      ? ["/usr/bin/dput", ["-c", config, "--unchecked", ...target], {}]
      : ["/usr/bin/python3", ["-c", classic.program, "-c", config, ...target], classic.env];
  try {
    const { stdout, stderr } = await run(program, args, { env: { ...env, ...more }, timeout: 60_000 });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

/** A small native source package, its .dsc and .changes unsigned. */
async function makePackage(dir: string): Promise<void> {
  const tree = join(dir, "mbd-dput-1.0");
  await mkdir(join(tree, "debian", "source"), { recursive: true });
  const author = "Jane Doe <jane@example.org>";
  const files = {
    "debian/source/format": "3.0 (native)\n",
    "debian/rules": "#!/usr/bin/make -f\n%:\n",
    "debian/control": `Source: mbd-dput\nSection: misc\nPriority: optional\nMaintainer: ${author}\nStandards-Version: 4.6.2\n\nPackage: mbd-dput\nArchitecture: all\nDescription: upload test\n Nothing.\n`,
    "debian/changelog": `mbd-dput (1.0) bookworm-test-unstable; urgency=medium\n\n  * Test.\n\n -- ${author}  Mon, 01 Jan 2024 00:00:00 +0000\n`,
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(tree, name), content);
  await run("dpkg-source", ["-b", "mbd-dput-1.0"], { cwd: dir });
  await run("dpkg-genbuildinfo", ["--build=source"], { cwd: tree });
  const { stdout } = await run("dpkg-genchanges", ["-S"], { cwd: tree });
  await writeFile(join(dir, CHANGES), stdout);
}

/** dput and dput-ng exclude each other as packages, so one of them is only unpacked. */
async function unpackClassicDput(dir: string): Promise<{ program: string; env: Record<string, string> }> {
  const debs = join(dir, "debs");
  const tree = join(dir, "root");
  await mkdir(debs, { recursive: true });
  for (const name of ["dput", "python3-gpg", "python3-xdg", "libgpgme11"]) {
    await run("apt-get", ["download", name], { cwd: debs });
  }
  const { stdout } = await run("find", [debs, "-name", "*.deb"]);
  for (const deb of stdout.trim().split("\n")) await run("dpkg", ["-x", deb, tree]);
  const { stdout: triplet } = await run("dpkg-architecture", ["-qDEB_HOST_MULTIARCH"]);
  return {
    program: "import sys; sys.argv[0] = 'dput'; import dput.dput; dput.dput.main()",
    env: {
      PYTHONPATH: [join(tree, "usr/share/dput"), join(tree, "usr/lib/python3/dist-packages")].join(":"),
      LD_LIBRARY_PATH: join(tree, "usr/lib", triplet.trim()),
    },
  };
}
