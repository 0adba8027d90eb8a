import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Archive, type ArchiveDeps, createArchive, type DistributionSpec } from "#archive";
import { type Database, openSqlite } from "#db";
import { type BlobStore, createBlobStore, exec, execOk, homeAt, prepareHome, silentLog } from "#platform";
import { readAptSources } from "#sources";
import {
  type AptJudge,
  createAptJudge,
  createGpg,
  type Gpg,
  judge,
  type Ran,
  type Root,
  run,
  setSources,
  trixieTarball,
  unpackRoot,
} from "#testing";
import { createTestHttp, type TestHttp } from "../../src/http/testing.ts";
import { makeReleases } from "../crash/archive/packages.ts";

// Named snapshots and moments as real apt sees them: of this machine, and of a Debian 13, which knows `--snapshot`.
const NAME = "bookworm-judge-unstable";
const OTHER = "bookworm-judge-testing";
const VERSIONS = ["1.0", "2.0", "3.0~rc1+b1"] as const;
const HOUR_MS = 3_600_000;

let dir: string;
let gpg: Gpg;
let db: Database;
let blobs: BlobStore;
let engine: ArchiveDeps;
let archive: Archive;
let server: TestHttp;
let url: string;
let keyring: string;
let arch: string;
/** When the versions came, an hour after each other. */
let now: number;
const stamps: string[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "mbd-snapshots-"));
  arch = (await run("dpkg", ["--print-architecture"])).trim();
  gpg = await createGpg();
  const { fingerprint } = await gpg.makeKey("Archive");
  keyring = join(dir, "keyring.gpg");
  await run("gpg", ["--homedir", gpg.home, "--batch", "--output", keyring, "--export", fingerprint]);
  const home = homeAt(join(dir, "home"));
  await mkdir(home.root);
  await prepareHome(home);
  db = await openSqlite(home.database);
  blobs = createBlobStore(home.store);
  server = await createTestHttp({
    repositoriesDir: home.repositories,
    moments: (...moment) => archive.momentPath(...moment),
  });
  const { port } = await server.http.start({ listen: "127.0.0.1", port: 0, socket: server.socket });
  url = `http://127.0.0.1:${port}`;
  now = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 5 * HOUR_MS;
  const sign = async (how: readonly string[], input: string) => {
    const key = [
      "--homedir",
      gpg.home,
      "--batch",
      "--trust-model",
      "always",
      "--local-user",
      `${fingerprint}!`,
    ];
    return (await execOk(exec, "gpg", [...key, ...how], { input })).stdout;
  };
  engine = {
    ...{ db, home, blobs, clock: { now: () => new Date(now) }, log: silentLog, url },
    signer: {
      fingerprint,
      clearsign: (text) => sign(["--clearsign"], text),
      detachSign: (text) => sign(["--armor", "--detach-sign"], text),
    },
    queue: { enqueue: async () => undefined },
  };
  archive = createArchive(engine);
  await fill();
});

afterAll(async () => {
  await server?.close();
  await db?.close();
  await gpg?.close();
  await rm(dir, { recursive: true, force: true });
});

async function fill(): Promise<void> {
  const spec: DistributionSpec = {
    ...{ repository: "judge", name: NAME, kind: "live", rollbacks: 0, sourcesPerComponent: 1 },
    ...{ components: ["main", "contrib"], architectures: [arch] },
    ...{ origin: "Mini-Buildd archive judge on localhost", description: "For judges" },
    ...{ notAutomatic: false, butAutomaticUpgrades: false, options: { validDays: 30 } },
  };
  await db.write((tx) => archive.ensureDistribution(tx, spec));
  await db.write((tx) => archive.ensureDistribution(tx, { ...spec, name: OTHER }));
  await archive.publish("judge", OTHER);
  const rollback = { ...spec, kind: "rollback", name: `${NAME}-rollback0`, live: NAME, position: 0 } as const;
  await db.write((tx) => archive.ensureDistribution(tx, rollback));
  await archive.publish("judge", rollback.name);
  const made = await makeReleases(
    join(dir, "packages"),
    VERSIONS.map((version) => ({
      ...{ source: "hello", version, component: "main" },
      binaries: [
        { name: "hello", arch },
        { name: "hello-doc", arch: "all" },
      ],
    })),
  );
  const store = async (path: string) => ({
    name: path.slice(path.lastIndexOf("/") + 1),
    ...(await blobs.putFile(path)),
  });
  for (const { source, version, component, dsc, sourceFiles, debs } of made) {
    now += HOUR_MS;
    stamps.push(new Date(now).toISOString().replace(/[-:]|\.\d+/g, ""));
    const release = await archive.prepareRelease({
      ...{ repository: "judge", component, buildinfos: [], changes: [] },
      bkey: `${source}/${version}/20240101000000/judge`,
      dsc: await store(dsc),
      sourceFiles: await Promise.all(sourceFiles.map(store)),
      debs: await Promise.all(debs.map(store)),
    });
    await db.write((tx) => archive.installRelease(tx, release, NAME));
    await archive.publish("judge", NAME);
    if (version === VERSIONS[1])
      await archive.snapshotCreate({ distribution: NAME, name: "2.0~freeze+1", by: "judge" });
  }
  now += HOUR_MS;
}

interface Wanted {
  readonly suites?: string;
  readonly root?: string;
  readonly more?: string;
}

const sources = (signedBy: string, { suites = `${NAME} ${OTHER}`, root = "", more = "" }: Wanted = {}) =>
  `Types: deb deb-src\nURIs: ${url}/repositories/judge/${root}\nSuites: ${suites}\nComponents: main contrib\nSigned-By: ${signedBy}\n${more}`;

/** Nothing to object to, and no notice either. */
function expectSilent(ran: Ran): void {
  expect(judge(ran)).toMatchObject({ exitCode: 0, complaints: [] });
}

/** Candidate and where it comes from. */
const versionsIn = (madison: string) =>
  [...madison.matchAll(/^\s*hello \|\s+(\S+)\s+\| .* Packages$/gm)].map(([, version]) => version);

describe("apt of this machine", () => {
  let apt: AptJudge;
  beforeAll(async () => {
    apt = await createAptJudge();
  });
  afterAll(() => apt?.close());

  test.each([
    ["the present", {}, VERSIONS[2]],
    ["a named snapshot", { suites: `${NAME}/snapshots/2.0~freeze+1` }, VERSIONS[1]],
    ["the first moment", { root: () => `snapshots/${stamps[0]}/` }, VERSIONS[0]],
    ["the second moment", { root: () => `snapshots/${stamps[1]}/` }, VERSIONS[1]],
    ["the last moment", { root: () => `snapshots/${stamps[2]}/` }, VERSIONS[2]],
  ])("sees %s, and fetches from it without a word", async (_, { root, ...wanted }: Wanted2, version) => {
    await apt.forget();
    await rm(join(apt.root, "cache/archives"), { recursive: true, force: true });
    await mkdir(join(apt.root, "cache/archives/partial"), { recursive: true });
    await apt.setSources(sources(keyring, { ...wanted, ...(root === undefined ? {} : { root: root() }) }));

    expect(await apt.update()).toMatchObject({ exitCode: 0, complaints: [] });
    const again = await apt.update();

    expect(again).toMatchObject({ exitCode: 0, complaints: [] });
    expect(again.output).not.toMatch(/^Get:/m);
    expect(versionsIn((await apt.run("apt-cache", ["madison", "hello"])).stdout)).toEqual([version]);
    expectSilent(
      await apt.run("apt-get", ["-q=0", "install", "--download-only", "--yes", "hello", "hello-doc"]),
    );
    expectSilent(await apt.run("apt-get", ["-q=0", "source", "--download-only", "hello"]));
    expect((await readdir(join(apt.root, "cache/archives"))).join()).toContain(
      `hello_${version}_${arch}.deb`,
    );
  });

  test("is told plainly that there was nothing", async () => {
    await apt.setSources(sources(keyring, { root: "snapshots/20010101T000000Z/" }));
    const { complaints } = await apt.update();
    expect(complaints.join("\n")).toContain("does not have a Release file");
  });
});

interface Wanted2 {
  readonly suites?: string;
  readonly root?: () => string;
}

describe("apt of Debian 13", () => {
  let trixie: Root;
  const SIGNED = "/usr/share/keyrings/judge.gpg";

  beforeAll(async () => {
    const codename = /^VERSION_CODENAME=(.*)$/m.exec(await readFile("/etc/os-release", "utf8"))?.[1];
    const mirror = (await readAptSources("/etc/apt")).find(({ suite }) => suite === codename)?.uri ?? "";
    trixie = await unpackRoot(await trixieTarball(mirror));
    await run("cp", [keyring, join(trixie.path, SIGNED)]);
  });
  afterAll(() => trixie?.close());

  const apt = (...args: string[]) => trixie.run(["apt-get", "-q=0", "-o", "Dpkg::Use-Pty=false", ...args]);
  const madison = async (...args: string[]) =>
    versionsIn((await trixie.run(["apt-cache", ...args, "madison", "hello"])).stdout);

  test.each([["--snapshot"], ["-S"]])("goes back by %s", async (option) => {
    await setSources(trixie, sources(SIGNED));
    expectSilent(await apt("update"));
    expect(await madison()).toEqual([VERSIONS[2]]);

    expectSilent(await apt(option, stamps[0] ?? "", "update"));
    const simulated = await apt(option, stamps[0] ?? "", "install", "--yes", "hello");

    expectSilent(simulated);
    const shown = await trixie.run(["dpkg-query", "-W", "-f", "$" + "{Version}", "hello"]);
    expect(shown.stdout).toBe(VERSIONS[0]);
    expectSilent(await apt("purge", "--yes", "hello"));
  });

  test("goes back where a source says so", async () => {
    await setSources(trixie, sources(SIGNED));
    expectSilent(await apt("update"));
    await setSources(trixie, sources(SIGNED, { more: `Snapshot: ${stamps[1]}\n` }));

    expectSilent(await apt("update"));

    expect(await madison()).toEqual([VERSIONS[1]]);
    expectSilent(await apt("install", "--yes", "hello-doc"));
    expectSilent(await apt("purge", "--yes", "hello-doc"));
  });

  test("sees a named snapshot", async () => {
    await setSources(trixie, sources(SIGNED, { suites: `${NAME}/snapshots/2.0~freeze+1` }));
    expectSilent(await apt("update"));
    expect(await madison()).toEqual([VERSIONS[1]]);
  });
});

test("a server that made as many moments as it may asks to come later, and goes on serving those", async () => {
  const limited = createArchive({ ...engine, momentLimits: { newPerMinute: 0, waiting: 9, kept: 9 } });
  await archive.momentPath("judge", stamps[0] ?? "", NAME);
  const { http, close } = await createTestHttp({
    repositoriesDir: join(dir, "home/repositories"),
    moments: limited.momentPath,
  });
  const get = (stamp: string, distribution: string) =>
    http.app.inject(`/repositories/judge/snapshots/${stamp}/dists/${distribution}/InRelease`);
  try {
    const busy = await get(stamps[0] ?? "", `${NAME}-rollback0`);
    expect(await get(stamps[0] ?? "", NAME)).toMatchObject({ statusCode: 200 });
    expect(busy).toMatchObject({ statusCode: 503, headers: { "retry-after": "60" } });
    expect(busy.body).toMatch(/^Too many earlier states of repositories were asked for at once\.\n/);
    expect(await get("20010101T000000Z", NAME)).toMatchObject({ statusCode: 404 });
  } finally {
    await close();
  }
});
