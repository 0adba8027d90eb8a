import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  buildsOf,
  createPackages,
  type Instance,
  type Packages,
  SANDBOX,
  SIGNED,
  type SourcePackage,
  sendByHttp,
  startInstance,
  waitFor,
  waitForEnd,
} from "#testing";

/** A few builds one after the other, on a machine that may be busy. */
const LIMIT_MS = 900_000;

let instance: Instance;
let packages: Packages;
let dir: string;

beforeAll(async () => {
  instance = await startInstance();
  packages = await createPackages(instance);
  dir = await packages.dir();
});
afterAll(async () => {
  await packages?.close();
  await instance?.close();
});

const send = (made: SourcePackage) => sendByHttp(instance.httpPort, made.files, `session-${made.source}`);

/** `mini-buildd admin …`, which must succeed. */
async function admin(...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await instance.cli(["admin", ...words]);
  if (exitCode !== 0) throw new Error(`admin ${words.join(" ")}: ${stderr}`);
  return stdout;
}

async function setBlock(name: string, text: string, ...options: string[]): Promise<string> {
  const file = join(dir, name);
  await writeFile(file, text);
  return await admin("block", "set", name, file, ...options);
}

const listBlocks = (...names: string[]) =>
  admin("set", "distribution", `${instance.codename}-${SANDBOX}`, `blocks=${names.join(" ")}`);

/** A C package that says what ccache(1) did so far, and with which nothing changes but its version. */
const compiled = (upstream: string) =>
  packages.make({
    name: "mbd-compiled",
    version: packages.version(upstream),
    architecture: "any",
    tree: { "hello.c": `#include <stdio.h>\nint main(void) { return puts("hello") < 0; }\n` },
    build: [
      `test "$$MARKER_LEVEL" = "7 of 9"`,
      "marker-tool",
      "test -e /etc/mbd-chroot-block",
      `echo "options: $$DEB_BUILD_OPTIONS"`,
      "gcc -g -O2 -ffile-prefix-map=$(CURDIR)=. -o hello hello.c -c",
      "ccache --print-stats | grep -E '^(direct_cache_hit|preprocessed_cache_hit|cache_miss)'",
    ],
  });

async function buildLog(made: SourcePackage): Promise<string> {
  await send(made);
  const { packaging } = await waitForEnd(instance, made, "INSTALLED", LIMIT_MS);
  const [build] = await buildsOf(instance, packaging);
  return build?.log ?? "";
}

test(
  "an own block of chroots is in the chroot that is made with it",
  async () => {
    const key = `${instance.codename}:${instance.arch}`;
    await setBlock(
      "furnished",
      "echo $0 >/etc/mbd-chroot-block\ndpkg -s less >/dev/null\n",
      "--phase",
      "chroot",
      "--package",
      "less",
    );

    const changed = await admin("set", "chroot", key, "blocks=eatmydata furnished");

    expect(changed).toBe("blocks: eatmydata → eatmydata furnished\n");
    expect(await instance.api("remake_chroots", { keys: [key] })).toMatchObject([
      { key, steps: ["prepare", "check", "activate", "remove"] },
    ]);
    expect(await admin("show", "chroot", key)).toContain("blocks  = eatmydata furnished\n");
  },
  LIMIT_MS,
);

test(
  "what blocks bring is there for builds, which share the cache of their repository",
  async () => {
    const text = [
      ...["set -u", "id -u | grep -qx 0", "mkdir -p /opt/marker/bin"],
      "printf '#!/bin/sh\\necho the tool of the block runs\\n' >/opt/marker/bin/marker-tool",
      "chmod 755 /opt/marker/bin/marker-tool",
    ];
    const options = ["--variable", "MARKER_LEVEL=7 of 9", "--path", "/opt/marker/bin"];
    await setBlock("marker", text.join("\n"), ...options);
    await listBlocks("marker", "ccache", "no-debug-packages");

    const first = await buildLog(await compiled("1.0"));
    const second = await buildLog(await compiled("1.1"));

    for (const log of [first, second]) {
      expect(log).toMatch(/^MBD-BLOCK marker 1\nMBD-BLOCK ccache 1$[\s\S]*^MBD-BLOCK no-debug-packages 1$/m);
      expect(log).toContain("\nthe tool of the block runs\n");
      expect(log).toMatch(/^options: noautodbgsym noddebs parallel=/m);
    }
    expect(first).toMatch(/^cache_miss\t1$/m);
    expect(second).toMatch(/^(?:direct|preprocessed)_cache_hit\t1$/m);
    const [row] = instance.rows("SELECT result FROM build ORDER BY id DESC LIMIT 1");
    expect(JSON.parse(String(row?.result)).blocks).toEqual(["marker 1", "ccache 1", "no-debug-packages 1"]);
  },
  LIMIT_MS,
);

test("a cache is closed to others on the host, open to users of builds, and of no other repository", async () => {
  const ccache = join(instance.home, "cache/ccache");
  const { codename, arch } = instance;

  const closed = await stat(join(ccache, SANDBOX));
  const leaf = await stat(join(ccache, SANDBOX, `${codename}-${arch}`));

  expect((closed.mode & 0o7777).toString(8)).toBe("710");
  expect((leaf.mode & 0o7777).toString(8)).toBe("1777");
  expect(closed.uid).toBe((await stat(instance.home)).uid);
  // Root of builds: nobody of this machine.
  for (const id of [closed.gid, leaf.uid]) expect(id).toBeGreaterThanOrEqual(100_000);
  await expect(stat(join(ccache, SIGNED))).rejects.toThrow("ENOENT");
});

test(
  "a block that fails is the builder's failure, by its name; mended, the build goes on",
  async () => {
    await setBlock("shaky", "echo about to fail\nfalse\necho never here\n");
    await listBlocks("shaky");
    const made = await packages.make({ name: "mbd-shaken" });

    await send(made);

    const sql = "SELECT message, state, attempt FROM build WHERE bkey LIKE ? AND message IS NOT NULL";
    const failed = await waitFor(() => instance.rows(sql, `${made.source}/%`)[0], {
      timeoutMs: LIMIT_MS,
      what: "the first attempt has failed",
    });
    expect(failed).toMatchObject({
      ...{ message: "block shaky 1 failed with exit status 1", state: "QUEUED", attempt: 1 },
    });
    expect(await setBlock("shaky", "true\n")).toBe("block shaky has version 2\n");
    const { packaging } = await waitForEnd(instance, made, "INSTALLED", LIMIT_MS);
    const [build] = await buildsOf(instance, packaging);
    expect(build).toMatchObject({ state: "BUILT", attempt: 2 });
    expect(build?.log).toMatch(/^MBD-BLOCK shaky 2$/m);
    const { text } = await instance.page(`/builds/${build?.id}/log?attempt=1`);
    expect(text).toMatch(/^MBD-BLOCK shaky 1\nabout to fail\nMBD-BLOCK shaky 1 failed with exit status 1$/m);
  },
  LIMIT_MS,
);
