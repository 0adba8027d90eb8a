import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { EventView } from "#events";
import {
  buildsOf,
  classicDput,
  createGpg,
  createPackages,
  type Gpg,
  type Instance,
  judge,
  okCli,
  type Packages,
  type Root,
  readJson,
  SANDBOX,
  SIGNED,
  setSources,
  startInstance,
  unpackRoot,
  waitForEnd,
  waitForPublished,
} from "#testing";

// Whatever the instance makes itself: ports within it, automatic ones, rebuilds, its keyring and its test packages.
// Several builds one after the other, each of which installs what it needs.
vi.setConfig({ testTimeout: 1_800_000 });

let instance: Instance;
let packages: Packages;
let root: Root;
let gpg: Gpg;

beforeAll(async () => {
  instance = await startInstance();
  packages = await createPackages(instance);
  gpg = await createGpg();
  root = await unpackRoot(instance.chrootTarball());
  // As any machine has it; addresses of the instance are those of its name.
  await writeFile(join(root.path, "etc/hosts"), "127.0.0.1 localhost\n");
});

afterAll(async () => {
  await root?.close();
  await gpg?.close();
  await packages?.close();
  await instance?.close();
});

interface Outcome {
  readonly target: string;
  readonly version?: string;
  readonly bkey?: string;
  readonly error?: string;
}

const NO_LINTIAN = ["lintian-mode=DISABLED"];

async function installed(source: string, { version = "", bkey = "" }: Outcome): Promise<EventView> {
  const event = await waitForEnd(instance, { source, version }, "INSTALLED", 600_000);
  expect(event.bkey).toBe(bkey);
  return event;
}

/** Runs a program in the root, which must end well. */
async function inRoot(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await root.run(args);
  expect(exitCode, `${args.join(" ")}: ${stdout}${stderr}`).toBe(0);
  return stdout;
}

test("an upload is ported by itself, then by hand, and rebuilt; apt installs what came out", async () => {
  const elsewhere = packages.distribution(SIGNED);
  const options = [...NO_LINTIAN, `auto-ports=${elsewhere}`];
  const key = await gpg.makeKey("Jane");
  await okCli(instance.cli(["key", "add", key.file, "--repository", SIGNED]));
  const made = await packages.make({ name: "mbd-ported", options, sign: { gpg, key } });
  await classicDput(instance, "http", made.changes);

  const first = await waitForEnd(instance, made, "INSTALLED");

  const [automatic] = first.data.ports as Outcome[];
  expect(automatic).toMatchObject({ target: elsewhere, version: packages.version("1.0", SIGNED) });
  const port = await instance.waitForEvent({ type: "PORTED", bkey: automatic?.bkey ?? "" });
  expect(port).toMatchObject({ distribution: elsewhere, data: { from: made.distribution } });

  const targets = [
    made.distribution,
    packages.distribution(SANDBOX, "experimental"),
    "bookworm-nope-unstable",
  ];
  const question = { source: made.source, from_distribution: made.distribution, to_distributions: targets };
  const answers = (await instance.api("port", { ...question, options: NO_LINTIAN })) as Outcome[];
  const [rebuilt, experimental, bad] = answers;

  expect(rebuilt?.version).toMatch(/\+1\+rebuilt[0-9]{14}$/);
  expect(experimental?.version).toBe(`1.0~${SANDBOX}${instance.codeversion}+0+1`);
  expect(bad?.error).toContain("nope");
  const ends = [];
  for (const each of [automatic, rebuilt, experimental])
    ends.push(await installed(made.source, each ?? { target: "" }));
  expect(ends[1]?.data.replaced).toBe(made.version);
  const uploads = instance.rows("SELECT origin, signer FROM upload WHERE reserved_bkey IS NOT NULL");
  expect(uploads.map(({ origin, signer }) => [origin, typeof signer])).toEqual(
    ends.map(() => ["internal", "string"]),
  );

  await setSources(root, String(await instance.api("sources_list", { suites: "unstable" })));
  expect(judge(await root.run(["apt-get", "-q=0", "update"]))).toMatchObject({ exitCode: 0, complaints: [] });
  const shown = await inRoot("apt-cache", "show", made.source);
  const versions = new Set([...shown.matchAll(/^Version: (.*)$/gm)].map(([, version]) => version));
  expect(versions).toEqual(new Set([automatic?.version, rebuilt?.version]));
  await inRoot("apt-get", "-q", "-y", "install", made.source);
  await inRoot(made.program);
});

test("the keyring package is installed, migrated whatever ends the daemon, and lets apt use a repository", async () => {
  const distributions = packages.distribution();
  const [answer] = (await instance.api("keyring_packages", { distributions })) as Outcome[];
  const source = "mbdtest-archive-keyring";

  const event = await installed(source, answer ?? { target: "" });
  await instance.daemon.kill9();
  await instance.daemon.start();
  await instance.waitForEvent({ type: "MIGRATED", source, after: event.id });
  const held = (await instance.api("ls", { source })) as Record<string, { version: string }>;
  for (const suite of ["unstable", "testing", "stable"])
    expect(held[packages.distribution(SANDBOX, suite)]?.version, suite).toBe(answer?.version);
  await waitForPublished(instance);

  await setSources(
    root,
    String(await instance.api("sources_list", { repositories: SANDBOX, suites: "stable" })),
  );
  await inRoot("apt-get", "-q", "update");
  await inRoot("apt-get", "-q", "-y", "install", source);
  // From here on only what the package brought counts.
  await setSources(root, "");
  const name = (suite: string) => `${instance.codename}_mbdtest_${SANDBOX}_${suite}.sources`;
  const example = `/usr/share/mini-buildd/sources.list.d/${name("unstable")}`;
  await inRoot("rm", "/etc/apt/sources.list.d/test.sources");
  await inRoot("ln", "-s", example, `/etc/apt/sources.list.d/${name("unstable")}`);
  await inRoot(
    "ln",
    "-s",
    example.replace(".sources", "_src.sources"),
    "/etc/apt/sources.list.d/src.sources",
  );
  expect(judge(await root.run(["apt-get", "-q=0", "update"]))).toMatchObject({ exitCode: 0, complaints: [] });
  expect(await inRoot("apt-cache", "policy", source)).toContain(`${distributions}/main`);
  expect(await inRoot("apt-cache", "showsrc", source)).toContain(`Version: ${answer?.version ?? "?"}\n`);
});

test("test packages end as they must, and the report says so", async () => {
  const distributions = packages.distribution(SANDBOX, "experimental");
  const begun = (await instance.api("test_packages", { distributions })) as (Outcome & { source: string })[];
  expect(begun.map(({ source }) => source)).toEqual(["mbd-test-archall", "mbd-test-cpp", "mbd-test-ftbfs"]);
  const ends = [];
  for (const { bkey = "", source } of begun) {
    const end = await instance.waitForEvent({ type: ["INSTALLED", "FAILED", "REJECTED"], bkey }, 600_000);
    const [build] = await buildsOf(instance, end.packaging);
    ends.push({ source, type: end.type, log: build?.log ?? "" });
  }

  expect(
    ends.map(({ source, type, log }) => [source, type, type === "FAILED" ? "" : log.slice(-3000)]),
  ).toEqual([
    ["mbd-test-archall", "INSTALLED", expect.any(String)],
    ["mbd-test-cpp", "INSTALLED", expect.any(String)],
    ["mbd-test-ftbfs", "FAILED", ""],
  ]);
  expect(ends[2]?.log).toContain("this package fails to build, as it must");
  const { test_packages: reports } = (await instance.api("status")) as { test_packages: object[] };
  expect(reports).toMatchObject([
    { source: "mbd-test-archall", target: distributions, expected: "INSTALLED", got: "INSTALLED" },
    { source: "mbd-test-cpp", expected: "INSTALLED", got: "INSTALLED" },
    { source: "mbd-test-ftbfs", expected: "FAILED", got: "FAILED" },
  ]);
  const told = (await instance.events()).filter(({ data }) => data.package !== undefined);
  expect(told.map(({ type, data }) => [type, data.error])).toEqual(begun.map(() => ["PORTED", undefined]));
});

test("a port can be cancelled by the bkey it reserved", async () => {
  const to = packages.distribution(SIGNED, "experimental");
  const question = ["mbd-ported", packages.distribution(), to];
  const [answer] = readJson(
    await instance.cli(["api", "local", "port", ...question, "--yes", "--json"]),
  ) as Outcome[];
  const bkey = answer?.bkey ?? "";

  expect(await instance.api("cancel", { bkey })).toMatchObject({ bkey, cancelled: [bkey] });

  const ended = await instance.waitForEvent({ type: ["CANCELLED", "INSTALLED", "FAILED"], bkey });
  expect(ended.type).toBe("CANCELLED");
});
