import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type AptJudge,
  createAptJudge,
  createPackages,
  type Instance,
  okCli,
  type Packages,
  type Ran,
  readJson,
  run,
  startInstance,
} from "#testing";

/** Calls that change repositories, by the command line as people type it, and what a real apt sees then. */

let instance: Instance;
let packages: Packages;
beforeAll(async () => {
  instance = await startInstance({ chroot: false });
  packages = await createPackages(instance);
});
afterAll(async () => {
  await packages.close();
  await instance.close();
});

const call = (...words: string[]): Promise<Ran> => instance.cli(["api", "local", ...words]);
const unstable = () => packages.distribution();
const testing = () => packages.distribution(undefined, "testing");

/** A source with what was built from it comes into unstable, as if it had been built here. */
async function put(name: string, upstream: string): Promise<string> {
  const version = packages.version(upstream);
  const { dir } = await packages.make({ name, version });
  await run("dpkg-buildpackage", ["-us", "-uc", "-d"], { cwd: join(dir, `${name}-native`) });
  const changes = join(dir, `${name}_${version}_${instance.arch}.changes`);
  await okCli(instance.cli(["archive", "add", unstable(), changes]));
  return version;
}

/** The version that `apt-get download` gets from a distribution alone; undefined when it finds none. */
async function downloaded(apt: AptJudge, distribution: string, name: string): Promise<string | undefined> {
  const [codename = "", repository = "", suite = "", rollback] = distribution.split("-");
  const number = Number(rollback?.replace("rollback", "") ?? -1);
  const { stdout } = await okCli(
    call(
      ...["sources_list", "--codenames", codename, "--repositories", repository, "--suites", suite],
      ...(number < 0 ? [] : ["--rollbacks", String(number + 1)]),
    ),
  );
  // Only that one, not the live one beside its rollback.
  await apt.setSources(stdout.replace(/^Suites: .*$/gm, `Suites: ${distribution}`));
  expect((await apt.update()).complaints).toEqual([]);
  const ran = await apt.run("apt-get", ["download", name]);
  const [file] = (await readdir(apt.root)).filter((entry) => entry.endsWith(".deb"));
  if (ran.exitCode !== 0) {
    expect(ran.stderr).toContain(`Unable to locate package ${name}`);
    return undefined;
  }
  const deb = join(apt.root, file ?? "");
  const version = (await run("dpkg-deb", ["-f", deb, "Version"])).trim();
  await rm(deb);
  return version;
}

test("when a call returns, apt sees what it did", async () => {
  const apt = await createAptJudge();
  try {
    const name = "mbd-moves";
    const sees = (distribution: string) => downloaded(apt, distribution, name);
    const first = await put(name, "1.0");
    expect(await sees(testing())).toBeUndefined();

    const migrated = readJson(await call("migrate", "--yes", "--json", name, unstable()));
    expect(migrated).toMatchObject({ source: name, version: first, steps: [{ replaced: null }] });
    expect(await sees(testing())).toBe(first);

    const second = await put(name, "1.1");
    const again = readJson(await call("migrate", "--yes", "--json", name, unstable()));
    expect(again).toMatchObject({ version: second, steps: [{ replaced: first, rollbacks: [first] }] });
    expect(await sees(testing())).toBe(second);
    expect(await sees(`${testing()}-rollback0`)).toBe(first);

    const removed = readJson(await call("remove", "--yes", "--json", name, testing()));
    expect(removed).toMatchObject({ version: second, rollbacks: [second, first] });
    expect(await sees(testing())).toBeUndefined();

    const restored = readJson(await call("migrate", "--yes", "--json", name, `${testing()}-rollback1`));
    expect(restored).toMatchObject({ version: first, steps: [{ to: testing(), replaced: null }] });
    expect(await sees(testing())).toBe(first);
    const told = (await instance.events()).filter(({ source }) => source === name);
    expect(told.map(({ type, data }) => `${type} ${String(data.kind)}`)).toEqual([
      "MIGRATED migrate",
      "MIGRATED migrate",
      "REMOVED remove",
      "MIGRATED restore",
    ]);
  } finally {
    await apt.close();
  }
});

test("ls and search know what is where", async () => {
  const version = await put("mbd-found", "1.0");

  const listed = readJson(await call("ls", "--json", "mbd-found")) as Record<string, unknown>;
  const found = readJson(await call("search", "--json", "bd-foun"));

  expect(listed).toMatchObject({
    [unstable()]: { version, component: "main", migrates_to: testing(), is_migrated: false },
  });
  expect(found).toMatchObject({ more: false });
  expect((found as { matches: unknown[] }).matches).toEqual(
    ["source", "binary"].map((kind): unknown =>
      expect.objectContaining({ kind, name: "mbd-found", version, distribution: unstable() }),
    ),
  );
});

test("snapshots are made, listed and deleted", async () => {
  const made = readJson(await call("snapshot_create", "--yes", "--json", testing(), "before"));
  const page = await instance.page(`/repositories/test/dists/${testing()}/snapshots/before/Release`);
  const left = readJson(await call("snapshot_delete", "--yes", "--json", testing(), "before"));

  expect(made).toMatchObject([{ name: "before" }]);
  expect(page).toMatchObject({ status: 200 });
  expect(left).toEqual([]);
});

describe("exit codes", () => {
  test("1 and a sentence when the call cannot be", async () => {
    const ran = await call("migrate", "--yes", "nobody", unstable());

    expect(ran).toMatchObject({ exitCode: 1, stdout: "" });
    expect(ran.stderr).toContain(`Source 'nobody' in ${unstable()} was not found.`);
  });

  test("2 for what is no command", async () => {
    expect(await call("remove", "--yes", "onlyasource")).toMatchObject({ exitCode: 2 });
  });

  test("3 without the right to do it", async () => {
    const ran = await instance.cli(["api", instance.url, "remove", "--yes", "mbd-found", unstable()]);

    expect(ran).toMatchObject({ exitCode: 3, stdout: "" });
    expect(readJson(await call("ls", "--json", "mbd-found"))).toHaveProperty(unstable());
  });
});
