import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type AptJudge,
  buildsOf,
  classicDput,
  createAptJudge,
  createGpg,
  createPackages,
  dputNg,
  type Gpg,
  type Instance,
  judge,
  okCli,
  type Packages,
  type Root,
  readJson,
  run,
  SIGNED,
  type SourcePackage,
  setSources,
  startInstance,
  type TestKey,
  trixieTarball,
  unpackRoot,
  waitForEnd,
} from "#testing";

// The main job, whole: packages made by Debian's own tools go in by Debian's own clients, and come out by apt.
let instance: Instance;
let packages: Packages;
let gpg: Gpg;
let key: TestKey;
let apt: AptJudge;
let root: Root;
let work: string;

beforeAll(async () => {
  instance = await startInstance();
  packages = await createPackages(instance);
  gpg = await createGpg();
  key = await gpg.makeKey("Alice");
  await okCli(instance.cli(["key", "add", key.file, "--repository", SIGNED]));
  apt = await createAptJudge();
  root = await unpackRoot(instance.chrootTarball());
  work = await mkdtemp(join(tmpdir(), "mbd-upload-"));
});

afterAll(async () => {
  await root?.close();
  await apt?.close();
  await gpg?.close();
  await packages?.close();
  await instance?.close();
  if (work !== undefined) await rm(work, { recursive: true, force: true });
});

function sign() {
  return { gpg, key };
}

/** The deb822 text for one repository, as the instance prints it. */
async function sourcesFor(repository: string, suite = "unstable"): Promise<string> {
  const text = await instance.api("sources_list", {
    codenames: instance.codename,
    repositories: repository,
    suites: suite,
  });
  // The address for others has the name of the instance; here it is asked on loopback, at the port it got.
  return String(text).replace(/^URIs: http:\/\/[^/]+/m, `URIs: ${instance.url}`);
}

async function expectInstallable(
  repository: string,
  name: string,
  program: readonly string[],
): Promise<string> {
  await setSources(root, await sourcesFor(repository));
  const updated = judge(await root.run(["apt-get", "-q=0", "update"]));
  expect(updated).toMatchObject({ exitCode: 0, complaints: [] });
  const installed = await root.run(["apt-get", "-q", "-y", "--no-install-recommends", "install", name]);
  expect(installed.exitCode, `${installed.stdout}${installed.stderr}`).toBe(0);
  const ran = await root.run(program);
  expect(ran.exitCode, ran.stderr).toBe(0);
  return ran.stdout;
}

async function signedPackage(name: string, upstream: string): Promise<SourcePackage> {
  const distribution = packages.distribution(SIGNED);
  const version = packages.version(`${upstream}-1`, SIGNED);
  return await packages.make({ name, version, distribution, format: "quilt", sign: sign() });
}

test("a signed package goes in by classic dput over FTP and comes out by apt", async () => {
  const hi = await signedPackage("mbd-hi", "1.0");

  const sent = await classicDput(instance, "ftp", hi.changes);
  expect(sent.exitCode, `${sent.stdout}${sent.stderr}`).toBe(0);
  const event = await waitForEnd(instance, hi, "INSTALLED");

  expect(event).toMatchObject({ repository: SIGNED, distribution: hi.distribution, component: "main" });
  expect(await expectInstallable(SIGNED, hi.source, [hi.program])).toBe(`${hi.source} ${hi.version} runs\n`);
});

test("a signed package goes in by dput-ng over HTTP and comes out by apt", async () => {
  const hey = await signedPackage("mbd-hey", "2.0");

  const sent = await dputNg(instance, "http", hey.changes);
  expect(sent.exitCode, `${sent.stdout}${sent.stderr}`).toBe(0);
  await waitForEnd(instance, hey, "INSTALLED");

  expect(await expectInstallable(SIGNED, hey.source, [hey.program])).toBe(
    `${hey.source} ${hey.version} runs\n`,
  );
});

test("the same upload again is rejected as a duplicate, and what is installed stays", async () => {
  const again = await signedPackage("mbd-again", "1.0");
  await classicDput(instance, "http", again.changes);
  const first = await waitForEnd(instance, again, "INSTALLED");

  const sent = await dputNg(instance, "ftp", again.changes);
  expect(sent.exitCode, `${sent.stdout}${sent.stderr}`).toBe(0);
  const second = await waitForEnd(instance, { ...again, after: first.id }, "REJECTED");

  expect(second.data.errors).toMatchObject([{ code: "duplicate_upload" }]);
  expect(second.message).toContain(`${again.source}_`);
  const listed = (await instance.api("ls", { source: again.source })) as Record<string, { version: string }>;
  expect(listed[again.distribution]?.version).toBe(again.version);
});

test("apt of this Debian and of Debian 13 update without a word, also from the archive's source packages", async () => {
  const quiet = await packages.make({ name: "mbd-quiet" });
  await classicDput(instance, "ftp", quiet.changes);
  await waitForEnd(instance, quiet, "INSTALLED");
  const text = (await sourcesFor("test")).replace(/^Types: deb$/m, "Types: deb deb-src");

  await apt.setSources(text);
  expect(await apt.update()).toMatchObject({ exitCode: 0, complaints: [] });
  const fetched = await apt.run("apt-get", ["-q", "source", "--download-only", quiet.source]);
  expect(fetched.exitCode, fetched.stderr).toBe(0);

  const trixie = await unpackRoot(await trixieTarball(instance.archive));
  try {
    await setSources(trixie, text);
    const updated = judge(await trixie.run(["apt-get", "-q=0", "update"]));
    expect(updated).toMatchObject({ exitCode: 0, complaints: [] });
  } finally {
    await trixie.close();
  }
});

test("hello of the base archive is ported, installs and runs", async () => {
  await apt.setSources(`Types: deb-src
URIs: ${instance.archive}
Suites: ${instance.codename}
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`);
  expect(await apt.update()).toMatchObject({ exitCode: 0 });
  const uris = (await apt.run("apt-get", ["-q", "source", "--print-uris", "--only-source", "hello"])).stdout;
  const dsc = /^'([^']+\.dsc)'/m.exec(uris)?.[1] ?? "";
  const original = /_([^_/]+)\.dsc$/.exec(decodeURIComponent(dsc))?.[1] ?? "";

  const answers = readJson(
    await instance.cli(["api", "local", "port_ext", dsc, packages.distribution(), "--yes", "--json"]),
  ) as { version?: string; bkey?: string; error?: string }[];
  const version = packages.version(original);
  expect(answers).toMatchObject([{ target: packages.distribution(), version }]);
  const event = await waitForEnd(instance, { source: "hello", version }, "INSTALLED", 600_000);

  expect(event.bkey).toBe(answers[0]?.bkey);
  expect(await expectInstallable("test", "hello", ["hello"])).toBe("Hello, world!\n");
});

test("InRelease is signed by the published key, for gpgv, sqv and sq", async () => {
  const dists = `${instance.url}/repositories/test/dists/${packages.distribution()}`;
  for (const name of ["InRelease", "Release", "Release.gpg"]) {
    await writeFile(join(work, name), Buffer.from(await (await fetch(`${dists}/${name}`)).arrayBuffer()));
  }
  await writeFile(join(work, "key.asc"), String(await instance.api("pub_key")));
  await run("gpg", ["--batch", "--yes", "--dearmor", "-o", "key.gpg", "key.asc"], {
    cwd: work,
    env: gpg.env,
  });

  await run("gpgv", ["--keyring", join(work, "key.gpg"), "InRelease"], { cwd: work });
  await run("gpgv", ["--keyring", join(work, "key.gpg"), "Release.gpg", "Release"], { cwd: work });
  await run("sqv", ["--keyring", "key.gpg", "Release.gpg", "Release"], { cwd: work });
  await run("sq", ["verify", "--signer-cert", "key.gpg", "InRelease"], { cwd: work });
});

test("a package that does not build ends FAILED with its log, nothing of it is published, and retry tries again", async () => {
  const broken = await packages.make({ name: "mbd-broken", build: ["echo this is why", "false"] });
  await classicDput(instance, "ftp", broken.changes);

  const failed = await waitForEnd(instance, broken, "FAILED");

  const [build] = await buildsOf(instance, failed.packaging);
  expect(build).toMatchObject({ state: "FAILED", reason: "package" });
  expect(build?.log).toContain("\nthis is why\n");
  expect(await instance.api("ls", { source: broken.source })).toEqual({});
  const pool = await readdir(join(instance.home, "repositories"), { recursive: true });
  expect(pool.filter((path) => path.includes(broken.source))).toEqual([]);

  const answer = (await instance.api("retry", { bkey: failed.bkey })) as { bkey: string; packaging: number };
  expect(answer.packaging).not.toBe(failed.packaging);
  const again = await waitForEnd(instance, { ...broken, after: failed.id }, "FAILED");
  expect(again).toMatchObject({ bkey: answer.bkey, packaging: answer.packaging });
});

describe("lintian is obeyed", () => {
  const cases = [
    { objects: "error", mode: "IGNORE", end: "INSTALLED", result: "FAIL" },
    { objects: "error", mode: "ERRFAIL", end: "FAILED", result: "FAIL" },
    { objects: "warning", mode: "ERRFAIL", end: "INSTALLED", result: "WARN" },
    { objects: "warning", mode: "WARNFAIL", end: "FAILED", result: "FAIL" },
    { objects: "error", mode: "DISABLED", end: "INSTALLED", result: "SKIPPED" },
  ] as const;
  const nameOf = ({ objects, mode }: (typeof cases)[number]) =>
    `mbd-lintian-${objects}-${mode.toLowerCase()}`;

  // All at once: they build side by side.
  beforeAll(async () => {
    for (const each of cases) {
      const options = { lintian: each.objects, options: [`lintian-mode=${each.mode}`] };
      const made = await packages.make({ name: nameOf(each), ...options });
      await classicDput(instance, "http", made.changes);
    }
  });

  test.each(cases)("with an $objects in mode $mode: $end", async (each) => {
    const { mode, end, result } = each;

    const event = await waitForEnd(instance, { source: nameOf(each), version: packages.version("1.0") }, end);

    const built = (await instance.events()).find(
      ({ type, packaging }) => type === "BUILT" && packaging === event.packaging,
    );
    expect(built?.data.qa).toMatchObject({ lintian: result });
    const [build] = await buildsOf(instance, event.packaging);
    expect(build?.reason).toBe(end === "FAILED" ? "qa" : null);
    expect(build?.log.includes("MBD-LINTIAN begin")).toBe(mode !== "DISABLED");
  });
});
