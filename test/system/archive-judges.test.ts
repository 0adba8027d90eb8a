import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DistributionSpec } from "#archive";
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
  tryRun,
  unpackRoot,
} from "#testing";
import { createTestHttp, type TestHttp } from "../../src/http/testing.ts";
import { type Engine, openEngine } from "../crash/archive/engine.ts";
import { makeReleases, type WantedRelease } from "../crash/archive/packages.ts";
import { CONTENTS_TARGET } from "../crash/archive/watcher.ts";

// The archive as others see it: real apt of this machine and of a Debian 13, gpgv, sqv, sq.
const NAME = "bookworm-judge-unstable";
const HELLO = ["1:1.0", "1:2.10~rc1+b1", "1:2.10+dfsg~1"] as const;

let dir: string;
let gpg: Gpg;
let engine: Engine;
let server: TestHttp;
let keyring: string;
let url: string;
let arch: string;
let apt: AptJudge;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "mbd-judges-"));
  arch = (await run("dpkg", ["--print-architecture"])).trim();
  gpg = await createGpg();
  const key = await gpg.makeKey("Archive");
  keyring = join(dir, "keyring.gpg");
  await run("gpg", ["--homedir", gpg.home, "--batch", "--output", keyring, "--export", key.fingerprint]);
  const home = join(dir, "home");
  await mkdir(home);
  const now = new Date().toISOString();
  const order = { home, gnupg: gpg.home, fingerprint: key.fingerprint, now, mode: "finish" } as const;
  engine = await openEngine(order, () => undefined);
  await engine.runner.start();
  await fill();
  server = await createTestHttp({ repositoriesDir: join(home, "repositories") });
  const { port } = await server.http.start({ listen: "127.0.0.1", port: 0, socket: server.socket });
  url = `http://127.0.0.1:${port}/repositories/judge/`;
  apt = await createAptJudge(`${CONTENTS_TARGET}Acquire::Languages "en";\n`);
  await apt.setSources(sources(`Signed-By: ${keyring}`));
});

afterAll(async () => {
  await apt?.close();
  await server?.close();
  await engine?.close();
  await gpg?.close();
  await rm(dir, { recursive: true, force: true });
});

const sources = (signed: string) =>
  `Types: deb deb-src\nURIs: ${url}\nSuites: ${NAME}\nComponents: main contrib non-free\n${signed}\n`;

async function fill(): Promise<void> {
  const hello = HELLO.map(
    (version): WantedRelease => ({
      ...{ source: "hello", version, component: "main" },
      binaries: [
        { name: "hello", arch },
        { name: "hello-dbgsym", arch },
        { name: "hello-old-dbgsym", arch, kind: "ddeb" },
        { name: "hello-doc", arch: "all" },
        { name: "hello-udeb", arch, kind: "udeb" },
        { name: "libhello++0", arch, version: `${version}+b2` },
      ],
    }),
  );
  const other: WantedRelease = {
    ...{ source: "libother", version: "0.1", component: "contrib" },
    binaries: [{ name: "libother-perl", arch: "all" }],
  };
  const made = await makeReleases(join(dir, "packages"), [...hello, other]);
  const spec: DistributionSpec = {
    ...{ repository: "judge", name: NAME, kind: "live", rollbacks: 0, sourcesPerComponent: 3 },
    ...{ components: ["main", "contrib", "non-free"], architectures: [arch, "arm64", "i386"] },
    ...{ origin: "Mini-Buildd archive judge on localhost", description: "For judges" },
    ...{ notAutomatic: false, butAutomaticUpgrades: false, options: { translations: true } },
  };
  await engine.db.write((tx) => engine.archive.ensureDistribution(tx, spec));
  const store = async (path: string) => ({
    name: path.slice(path.lastIndexOf("/") + 1),
    ...(await engine.blobs.putFile(path)),
  });
  for (const { source, version, component, dsc, sourceFiles, debs } of made) {
    const release = await engine.archive.prepareRelease({
      ...{ repository: "judge", component, buildinfos: [], changes: [] },
      bkey: `${source}/${version}/20240101000000/judge`,
      dsc: await store(dsc),
      sourceFiles: await Promise.all(sourceFiles.map(store)),
      debs: await Promise.all(debs.map(store)),
    });
    await engine.db.write((tx) => engine.archive.installRelease(tx, release, NAME));
    await engine.published();
  }
}

/** Nothing to object to, and no notice either. */
function expectSilent(ran: Ran): void {
  expect(judge(ran)).toMatchObject({ exitCode: 0, complaints: [] });
}

describe("apt of this machine", () => {
  beforeAll(async () => {
    expect(await apt.update()).toMatchObject({ exitCode: 0, complaints: [] });
  });

  test("knows all versions, the newest first, and none twice", async () => {
    const policy = await apt.run("apt-cache", ["-q=0", "madison", "hello"]);
    const versions = [...policy.stdout.matchAll(/^\s*hello \|\s+(\S+)\s+\| .* Packages$/gm)];
    expect(versions.map(([, version]) => version)).toEqual([HELLO[2], HELLO[1], HELLO[0]]);
    expectSilent(await apt.run("apt-cache", ["-q=0", "dumpavail"]));
  });

  test("installs the newest and any other, also what is for all architectures or for debugging", async () => {
    const names = ["hello", "hello-dbgsym", "hello-old-dbgsym", "hello-doc", "libhello++0", "libother-perl"];
    const install = ["-q=0", "install", "--download-only", "--yes"];
    expectSilent(await apt.run("apt-get", [...install, ...names]));
    expectSilent(await apt.run("apt-get", [...install, `hello=${HELLO[0]}`]));
    const fetched = await readdir(join(apt.root, "cache/archives"));
    expect(fetched).toContain(`hello_1%3a2.10+dfsg~1_${arch}.deb`);
    expect(fetched).toContain(`hello_1%3a1.0_${arch}.deb`);
    expect(fetched).toContain(`libhello++0_1%3a2.10+dfsg~1+b2_${arch}.deb`);
  });

  test("fetches packages and sources, and unpacks these", async () => {
    expectSilent(await apt.run("apt-get", ["-q=0", "download", "hello", "libother-perl"]));
    expectSilent(await apt.run("apt-get", ["-q=0", "source", "hello"]));
    expectSilent(await apt.run("apt-get", ["-q=0", "source", "--download-only", `hello=${HELLO[1]}`]));
    expect(await readdir(apt.root)).toEqual(
      expect.arrayContaining(["hello-2.10+dfsg~1", "hello_2.10~rc1+b1.dsc", "libother-perl_0.1_all.deb"]),
    );
  });

  test("has long descriptions", async () => {
    const shown = await apt.run("apt-cache", ["-q=0", "show", `hello=${HELLO[1]}`]);
    expect(shown.stdout).toContain(` Its version is ${HELLO[1]}.`);
  });

  test("finds files by Contents, as apt-file does", async () => {
    const where = ["indextargets", "--format", "$(FILENAME)", "Created-By: Contents-deb"];
    const files = (await apt.run("apt-get", where)).stdout.trim().split("\n");
    const text = (
      await Promise.all(files.map((file) => run("/usr/lib/apt/apt-helper", ["cat-file", file])))
    ).join("");
    const owner = (path: string) =>
      text
        .split("\n")
        .find((line) => line.startsWith(`${path} `) || line.startsWith(`${path}\t`))
        ?.split(/\s+/)
        .at(-1);
    expect(owner("usr/share/hello-doc/2.10+dfsg~1/content")).toBe("misc/hello-doc");
    expect(owner("usr/share/libother-perl/0.1/content")).toMatch(/^(?:contrib\/)?misc\/libother-perl$/);
    expect(owner("usr/share/hello-udeb/1.0/content")).toBeUndefined();
  });

  test.each([
    ["without by-hash", 'Acquire::By-Hash "no";'],
    ["with gzip only", 'Acquire::CompressionTypes::Order { "gz"; }; Acquire::GzipIndexes "true";'],
    ["for another architecture", 'APT::Architecture "arm64"; APT::Architectures "arm64";'],
    ["for two architectures", 'APT::Architecture "arm64"; APT::Architectures { "arm64"; "i386"; };'],
    ["with languages", 'Acquire::Languages "en";'],
    ["without pipelining", 'Acquire::http::Pipeline-Depth "0";'],
    ["with a cache between that must not be trusted", 'Acquire::http::No-Cache "true";'],
  ])("updates %s", async (_, config) => {
    const other = await createAptJudge(config);
    try {
      await other.setSources(sources(`Signed-By: ${keyring}`));
      expect(await other.update()).toMatchObject({ exitCode: 0, complaints: [] });
      expect(await other.update()).toMatchObject({ exitCode: 0, complaints: [] });
      expect((await other.run("apt-cache", ["show", "hello-doc"])).stdout).toContain("Package: hello-doc");
    } finally {
      await other.close();
    }
  });

  test("fetches the rest of a package that was broken off", async () => {
    await rm(join(apt.root, "cache/archives"), { recursive: true });
    await mkdir(join(apt.root, "cache/archives/partial"), { recursive: true });
    const partial = join(apt.root, `cache/archives/partial/hello_1%3a1.0_${arch}.deb`);
    const stored = join(dir, `home/repositories/judge/pool/main/h/hello/hello_1.0_${arch}.deb`);
    await run("sh", ["-c", 'head -c 300 "$1" >"$2"; touch -r "$1" "$2"', "sh", stored, partial]);

    const ran = await apt.run("apt-get", [
      ...["-q=0", "-o", "Debug::Acquire::http=true", "install", "--download-only", "--yes"],
      `hello=${HELLO[0]}`,
    ]);

    expectSilent(ran);
    expect(`${ran.stdout}${ran.stderr}`).toContain("206 Partial Content");
  });
});

describe("apt of Debian 13", () => {
  let trixie: Root;

  beforeAll(async () => {
    const codename = /^VERSION_CODENAME=(.*)$/m.exec(await readFile("/etc/os-release", "utf8"))?.[1];
    const archive = (await readAptSources("/etc/apt")).find(({ suite }) => suite === codename)?.uri ?? "";
    trixie = await unpackRoot(await trixieTarball(archive));
    await run("cp", [keyring, join(trixie.path, "usr/share/keyrings/judge.gpg")]);
    await setSources(trixie, sources("Signed-By: /usr/share/keyrings/judge.gpg"));
  });
  afterAll(() => trixie?.close());

  test("updates, installs and fetches sources without a word", async () => {
    expectSilent(await trixie.run(["apt-get", "-q=0", "update"]));
    const again = await trixie.run(["apt-get", "-q=0", "update"]);
    expectSilent(again);
    expect(again.stdout).not.toMatch(/^Get:/m);
    expectSilent(
      await trixie.run([
        ...["apt-get", "-q=0", "-o", "Dpkg::Use-Pty=false", "install", "--yes"],
        ...["hello", "hello-doc", "hello-dbgsym"],
      ]),
    );
    // The directory that a chroot command starts in is not _apt's.
    const asRoot = ["-o", "APT::Sandbox::User=root"];
    expectSilent(await trixie.run(["apt-get", "-q=0", ...asRoot, "source", "--download-only", "hello"]));
    const version = await trixie.run(["dpkg-query", "-W", "-f", "$" + "{Version}", "hello"]);
    expect(version.stdout).toBe(HELLO[2]);
  });
});

describe("signatures of every distribution", () => {
  test.each(["+0 days", "+1 year"])("are good for gpgv, sqv and sq at %s", async (later) => {
    const dists = join(dir, "home/repositories/judge/dists");
    const certificate = join(dir, "certificate.asc");
    await run("gpg", [
      "--homedir",
      gpg.home,
      "--batch",
      "--yes",
      "--armor",
      "--output",
      certificate,
      "--export",
    ]);
    const names = await readdir(dists);
    expect(names).toContain(NAME);
    for (const name of names) {
      const [inRelease, release, detached] = ["InRelease", "Release", "Release.gpg"].map((file) =>
        join(dists, name, file),
      ) as [string, string, string];
      const commands = [
        ["gpgv", "--keyring", keyring, inRelease],
        ["gpgv", "--keyring", keyring, detached, release],
        ["sqv", "--keyring", keyring, detached, release],
        ["sq", "verify", "--signer-cert", certificate, inRelease],
      ];
      for (const command of commands) {
        const ran = await tryRun("faketime", [later, ...command]);
        expect(ran.exitCode, `${command.join(" ")}: ${ran.stderr}`).toBe(0);
      }
    }
  });

  test("use no weak digest", async () => {
    const detached = join(dir, "home/repositories/judge/dists", NAME, "Release.gpg");
    const listed = await run("gpg", ["--homedir", gpg.home, "--batch", "--list-packets", detached]);
    // RFC 4880 9.4: 8 SHA-256, 9 SHA-384, 10 SHA-512.
    expect(/digest algo (\d+)/.exec(listed)?.[1]).toMatch(/^(?:8|9|10)$/);
  });
});
