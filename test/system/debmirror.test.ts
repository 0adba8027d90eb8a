import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type AptJudge,
  createAptJudge,
  createPackages,
  type Instance,
  okCli,
  type Packages,
  run,
  SANDBOX,
  startInstance,
} from "#testing";

// A mirror made by debmirror from the running daemon, and apt as its client.

/** As apt-file configures it. */
const CONTENTS = `Acquire::IndexTargets::deb::Contents-deb {
  MetaKey "$(COMPONENT)/Contents-$(ARCHITECTURE)";
  ShortDescription "Contents-$(ARCHITECTURE)";
  Description "$(RELEASE)/$(COMPONENT) $(ARCHITECTURE) Contents (deb)";
  flatMetaKey "Contents-$(ARCHITECTURE)";
  flatDescription "$(RELEASE) Contents (deb)";
  PDiffs "true"; KeepCompressed "true"; DefaultEnabled "true"; Identifier "Contents-deb";
};
`;

let instance: Instance;
let packages: Packages;
let work: string;
let distribution: string;
const versions: string[] = [];
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "mbd-mirror-test-"));
  instance = await startInstance({ chroot: false });
  packages = await createPackages(instance);
  distribution = packages.distribution();
  for (const revision of [1, 2]) {
    const version = packages.version("1.0", SANDBOX, revision);
    const { dsc } = await packages.make({ name: "mbd-mirrored", version });
    await okCli(instance.cli(["archive", "add", distribution, dsc, await makeDeb(version)]));
    versions.push(version);
  }
});
afterAll(async () => {
  await packages?.close();
  await instance?.close();
  await rm(work, { recursive: true, force: true });
});

async function makeDeb(version: string): Promise<string> {
  const tree = join(work, `tree-${version}`);
  const control = `Package: mbd-mirrored
Version: ${version}
Architecture: all
Maintainer: A Tester <tester@example.org>
Section: misc
Priority: optional
Description: for tests
`;
  const files = { "DEBIAN/control": control, "usr/share/mbd-mirrored/fact": `${version}\n` };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(tree, name)), { recursive: true });
    await writeFile(join(tree, name), text);
  }
  const file = join(work, `mbd-mirrored_${version}_all.deb`);
  await run("dpkg-deb", ["--root-owner-group", "-b", tree, file]);
  return file;
}

interface Mirror {
  readonly directory: string;
  readonly repositories: { repository: string; distributions: string[]; bytes: number }[];
}

async function mirror(more: Readonly<Record<string, unknown>> = {}): Promise<Mirror> {
  const chosen = { destination: "partial", repositories: SANDBOX, suites: "unstable" };
  return (await instance.api("debmirror", { ...chosen, ...more })) as Mirror;
}

const poolOf = async (directory: string) =>
  (await readdir(join(directory, SANDBOX, "pool"), { recursive: true }))
    .filter((name) => /_/.test(name))
    .sort();

/** An apt that knows the mirror only. */
async function aptOn(directory: string, suite: string): Promise<AptJudge> {
  const judge = await createAptJudge(CONTENTS);
  const keyring = join(judge.root, "key.asc");
  await writeFile(keyring, await (await fetch(`${instance.url}/api/pub_key?output=plain`)).text());
  const types = (await stat(join(directory, SANDBOX, "dists", suite, "main/source")).catch(() => undefined))
    ? "deb deb-src"
    : "deb";
  await judge.setSources(`Types: ${types}
URIs: file:${directory}/${SANDBOX}
Suites: ${suite}
Components: main
Architectures: ${instance.arch}
Signed-By: ${keyring}
`);
  return judge;
}

describe("debmirror", () => {
  test("makes a mirror on which apt complains of nothing, Contents configured, and that has what was asked for", async () => {
    const made = await mirror();

    expect(made).toMatchObject({
      directory: join(instance.home, "mirrors/partial"),
      repositories: [{ repository: SANDBOX, distributions: [distribution] }],
    });
    expect(made.repositories[0]?.bytes).toBeGreaterThan(1000);
    expect(await readdir(join(made.directory, SANDBOX, "dists"))).toEqual([distribution]);
    expect((await poolOf(made.directory)).filter((name) => name.includes(versions[0] ?? "?"))).toEqual([]);
    const apt = await aptOn(made.directory, distribution);
    try {
      expect(await apt.update()).toMatchObject({ exitCode: 0, complaints: [] });
      const shown = await apt.run("apt-cache", ["show", "mbd-mirrored"]);
      expect(shown.stdout).toContain(`Version: ${versions[1]}\n`);
      const where = ["indextargets", "--format", "$(FILENAME)", "Created-By: Contents-deb"];
      const [index = ""] = (await apt.run("apt-get", where)).stdout.trim().split("\n");
      const helper = await apt.run("/usr/lib/apt/apt-helper", ["cat-file", index]);
      expect(helper.stdout).toContain("usr/share/mbd-mirrored/fact");
      const source = await apt.run("apt-get", ["source", "--download-only", "--print-uris", "mbd-mirrored"]);
      expect(source.stdout).toContain(`mbd-mirrored_${versions[1]}.dsc`);
    } finally {
      await apt.close();
    }
  });

  test("takes rollbacks when they are asked for; what is named no more goes again", async () => {
    const made = await mirror({ with_rollbacks: true, without_source: true });

    const rollback = `${distribution}-rollback0`;
    expect(made.repositories[0]?.distributions).toContain(rollback);
    const apt = await aptOn(made.directory, rollback);
    try {
      expect(await apt.update()).toMatchObject({ exitCode: 0, complaints: [] });
      const shown = await apt.run("apt-cache", ["show", "mbd-mirrored"]);
      expect(shown.stdout).toContain(`Version: ${versions[0]}\n`);
    } finally {
      await apt.close();
    }
    expect((await poolOf(made.directory)).some((name) => name.endsWith(".dsc"))).toBe(false);

    await mirror();
    expect(await readdir(join(made.directory, SANDBOX, "dists"))).toEqual([distribution]);
    expect((await poolOf(made.directory)).filter((name) => name.includes(versions[0] ?? "?"))).toEqual([]);
  });

  test("trusts nothing but the key of the instance", async () => {
    const dir = join(instance.home, "repositories", SANDBOX, "dists", distribution);
    const files = ["InRelease", "Release"].map((name) => join(dir, name));
    const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
    const write = async (change: (text: string) => string) => {
      for (const [index, file] of files.entries()) await writeFile(file, change(texts[index] ?? ""));
    };
    try {
      await write((text) => text.replace(/^Description: .*$/m, "Description: another"));
      await expect(mirror({ destination: "other" })).rejects.toThrow(/InRelease.*tool_failed/is);
    } finally {
      await write((text) => text);
    }
    // Nothing else was wrong with it.
    await expect(mirror({ destination: "other" })).resolves.toBeDefined();
  });

  test.each(["..", "a/b", ".hidden", "", "/tmp/x"])("does not write to %j", async (destination) => {
    await expect(mirror({ destination })).rejects.toThrow(/400|bad_argument|missing_argument/);
  });
});
