import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exec, execOk } from "#platform";
import { createPackageFactory, type PackageFactory } from "./package-support.ts";
import { packSourcePaths } from "./source-paths.ts";

let factory: PackageFactory;
beforeEach(() => {
  factory = createPackageFactory();
});
afterEach(() => factory.close());

/** Paths as dpkg-source unpacks them. */
async function unpacked(dsc: string): Promise<string[]> {
  const target = join(factory.dir, "unpacked");
  await execOk(exec, "dpkg-source", ["--no-check", "--skip-patches", "-x", dsc, target]);
  const entries = readdirSync(target, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(target.length + 1))
    .sort();
}

async function listed(dsc: string): Promise<string[]> {
  const dir = dirname(dsc);
  const names = readdirSync(dir).filter((name) => /\.(?:dsc|gz|xz)$/.test(name));
  const packed = await packSourcePaths(
    exec,
    names.map((name) => ({ name, path: join(dir, name) })),
  );
  return inflateRawSync(packed).toString("utf8").split("\n");
}

/** A source package of a format, in a directory that is named otherwise than dpkg-source would. */
async function build(format: string, version: string): Promise<string> {
  const tree = join(factory.dir, "some-tree");
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text, { mode: path === "debian/rules" ? 0o755 : 0o644 });
  };
  write("src/größe und\tmehr", "x");
  write("src/back\\slash", "x");
  if (version.includes("-")) {
    await execOk(exec, "tar", [
      "-C",
      factory.dir,
      "-czf",
      join(factory.dir, "a_1.orig.tar.gz"),
      basename(tree),
    ]);
  }
  write("debian/source/format", `${format}\n`);
  write("debian/rules", "#!/usr/bin/make -f\n%:\n\ttrue\n");
  write(
    "debian/control",
    "Source: a\nMaintainer: A <a@example.org>\n\nPackage: a\nArchitecture: all\nDescription: x\n",
  );
  const author = " -- A <a@example.org>  Mon, 01 Jan 2024 00:00:00 +0000\n";
  write("debian/changelog", `a (${version}) unstable; urgency=low\n\n  * Test.\n\n${author}`);
  await execOk(exec, "dpkg-source", ["-b", basename(tree)], { cwd: factory.dir });
  return join(factory.dir, `a_${version}.dsc`);
}

describe("files of a source package", () => {
  test.each([
    ["3.0 (quilt)", "1-1"],
    ["3.0 (native)", "1"],
    ["1.0", "1-1"],
  ])("of format %s are those that dpkg-source unpacks", async (format, version) => {
    const dsc = await build(format, version);

    expect(await listed(dsc)).toEqual(await unpacked(dsc));
  });

  test("a broken archive is an error", async () => {
    const path = join(factory.dir, "x");
    writeFileSync(path, "no tar");

    await expect(packSourcePaths(exec, [{ name: "a_1.orig.tar.xz", path }])).rejects.toMatchObject({
      code: "tool_failed",
    });
  });
});
