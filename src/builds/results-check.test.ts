import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CheckedResults, checkResults, type ResultsInput } from "./results-check.ts";
import { hashFiles } from "./runner/hash-files.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mbd-results-"));
  mkdirSync(join(dir, "out"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const DESCRIPTION = {
  source: "hello",
  version: "1:2.10-3",
  distribution: "bookworm-test-unstable",
  arch: "amd64",
  buildAny: true,
  buildAll: false,
};

/** A real package; returns the name of its file. */
function makeDeb(name: string, arch: string, fields = "Source: hello\n", fileName?: string): string {
  const tree = join(dir, "tree", `${name}-${arch}`);
  mkdirSync(join(tree, "DEBIAN"), { recursive: true });
  const control = `Package: ${name}\nVersion: 1:2.10-3\nArchitecture: ${arch}\nMaintainer: A <a@example.org>\n`;
  writeFileSync(join(tree, "DEBIAN/control"), `${control}${fields}Description: x\n`);
  const file = fileName ?? `${name}_2.10-3_${arch}.deb`;
  execFileSync("dpkg-deb", ["--root-owner-group", "--build", tree, join(dir, "out", file)]);
  return file;
}

interface ChangesOptions {
  readonly fields?: Partial<Record<"Source" | "Version" | "Distribution", string>>;
  readonly name?: string;
}

function makeChanges(files: readonly string[], options: ChangesOptions = {}): void {
  const fields = {
    Source: "hello",
    Version: "1:2.10-3",
    Distribution: "bookworm-test-unstable",
    ...options.fields,
  };
  const entries = files.map((file) => {
    const bytes = readFileSync(join(dir, "out", file));
    const sum = (algorithm: string): string => createHash(algorithm).update(bytes).digest("hex");
    return { file, size: bytes.length, md5: sum("md5"), sha256: sum("sha256") };
  });
  const text = `Format: 1.8
Source: ${fields.Source}
Binary: hello
Architecture: amd64
Version: ${fields.Version}
Distribution: ${fields.Distribution}
Maintainer: A <a@example.org>
Changes:
 hello (1:2.10-3) unstable; urgency=medium
 .
   * Test.
Checksums-Sha256:
${entries.map(({ sha256, size, file }) => ` ${sha256} ${size} ${file}`).join("\n")}
Files:
${entries.map(({ md5, size, file }) => ` ${md5} ${size} misc optional ${file}`).join("\n")}
`;
  writeFileSync(join(dir, "out", options.name ?? "hello_2.10-3_amd64.changes"), text);
}

async function check(changes: Partial<ResultsInput> = {}): Promise<CheckedResults> {
  const { files } = await hashFiles(join(dir, "out"));
  return await checkResults({ description: DESCRIPTION, dir: join(dir, "out"), files, ...changes });
}

async function expectRefused(reason: RegExp, changes: Partial<ResultsInput> = {}): Promise<void> {
  const { seen, files } = await check(changes);
  expect(files).toEqual([]);
  expect(seen.kind).toBe("invalid");
  expect("message" in seen ? seen.message : "").toMatch(reason);
}

describe("checkResults, builds.md 12", () => {
  it("accepts what the .changes lists and drops the rest", async () => {
    writeFileSync(join(dir, "out/hello_2.10-3_amd64.buildinfo"), "Format: 1.0\n");
    makeChanges([makeDeb("hello", "amd64"), makeDeb("libhello", "amd64"), "hello_2.10-3_amd64.buildinfo"]);
    makeDeb("extra", "amd64");
    symlinkSync("/etc/passwd", join(dir, "out/link.deb"));

    const { seen, files } = await check();

    expect(seen).toEqual({ kind: "valid" });
    expect(files.map(({ name }) => name).sort()).toEqual([
      "hello_2.10-3_amd64.buildinfo",
      "hello_2.10-3_amd64.changes",
      "hello_2.10-3_amd64.deb",
      "libhello_2.10-3_amd64.deb",
    ]);
  });

  it("accepts architecture all only of the builder that is to make them", async () => {
    makeChanges([makeDeb("hello-doc", "all")]);

    await expectRefused(/architecture all, which was not to be built here/);
    const all = { ...DESCRIPTION, buildAll: true, buildAny: false };
    expect((await check({ description: all })).seen).toEqual({ kind: "valid" });
  });

  it("tells no results from bad ones", async () => {
    makeDeb("hello", "amd64");
    expect((await check()).seen).toEqual({ kind: "none" });
  });

  it.each<[string, ChangesOptions, RegExp]>([
    ["source", { fields: { Source: "other" } }, /Source "other" instead of "hello"/],
    ["version", { fields: { Version: "2.10-3" } }, /Version "2.10-3" instead/],
    ["distribution", { fields: { Distribution: "unstable" } }, /Distribution "unstable" instead/],
    ["name", { name: "hello_2.10-3_arm64.changes" }, /should be named/],
  ])("refuses a .changes with another %s", async (_what, options, reason) => {
    makeChanges([makeDeb("hello", "amd64")], options);
    await expectRefused(reason);
  });

  it("refuses two .changes files", async () => {
    const files = [makeDeb("hello", "amd64")];
    makeChanges(files);
    makeChanges(files, { name: "hello_2.10-3_all.changes" });
    await expectRefused(/2 \.changes files/);
  });

  it("refuses files that are missing, differ or are no results", async () => {
    const deb = makeDeb("hello", "amd64");
    makeChanges([deb]);
    rmSync(join(dir, "out", deb));
    await expectRefused(/is missing/);
    writeFileSync(join(dir, "out", deb), "something else");
    await expectRefused(/differs/);
    writeFileSync(join(dir, "out/hello_2.10-3.dsc"), "x");
    makeChanges(["hello_2.10-3.dsc"]);
    await expectRefused(/not a file a build makes/);
  });

  it.each<[string, () => string, RegExp]>([
    ["of another source", () => makeDeb("hello", "amd64", "Source: other\n"), /Source "other"/],
    [
      "of another source version",
      () => makeDeb("hello", "amd64", "Source: hello (9)\n"),
      /source version "9"/,
    ],
    ["of another architecture", () => makeDeb("hello", "arm64"), /architecture arm64/],
    [
      "with a wrong file name",
      () => makeDeb("hello", "amd64", undefined, "hallo_2.10-3_amd64.deb"),
      /must be named/,
    ],
  ])("refuses a package %s", async (_what, make, reason) => {
    makeChanges([make()]);
    await expectRefused(reason);
  });

  it("refuses bytes that are no package", async () => {
    writeFileSync(join(dir, "out/hello_2.10-3_amd64.deb"), "!<arch>\njunk");
    makeChanges(["hello_2.10-3_amd64.deb"]);
    await expectRefused(/hello_2.10-3_amd64.deb/);
  });

  it("refuses a package name that another source owns", async () => {
    makeChanges([makeDeb("hello", "amd64"), makeDeb("bash", "amd64")]);

    const { seen } = await check({ ownerOf: async (name) => (name === "bash" ? "bash" : undefined) });

    expect(seen).toMatchObject({
      kind: "invalid",
      reason: "package",
      message: expect.stringMatching(
        /^package bash already comes from source bash in .*: .*remove bash there/,
      ),
    });
    expect(readdirSync(join(dir, "out"))).toHaveLength(3);
  });
});
