import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseChanges } from "./changes.ts";
import { componentOfDsc, componentOfSection, parseDsc } from "./dsc.ts";
import { checkDscFiles, type DscFormat } from "./dsc-files.ts";
import { mutated, onlyFormatError } from "./fuzz-support.ts";

const SHA = "0123456789abcdef".repeat(4);
const MD5 = "0123456789abcdef".repeat(2);
const TEXT = `Format: 3.0 (quilt)
Source: hello
Binary: hello,
 hello-doc
Architecture: any all
Version: 1:2.10-3
Maintainer: Jane Doe <jane@example.org>
Build-Depends: debhelper-compat (= 13)
Package-List:
 hello deb devel optional arch=any
 hello-doc deb doc optional arch=all
Checksums-Sha256:
 ${SHA} 725946 hello_2.10.orig.tar.gz
 ${SHA} 12688 hello_2.10-3.debian.tar.xz
Files:
 ${MD5} 725946 hello_2.10.orig.tar.gz
 ${MD5} 12688 hello_2.10-3.debian.tar.xz
`;

describe("parseDsc", () => {
  it("reads a source package", () => {
    const dsc = parseDsc(TEXT, "hello_2.10-3.dsc");

    expect(dsc).toMatchObject({
      format: "3.0 (quilt)",
      source: "hello",
      version: "1:2.10-3",
      architectures: ["any", "all"],
      binaries: ["hello", "hello-doc"],
      relations: { "Build-Depends": "debhelper-compat (= 13)" },
      files: [
        { name: "hello_2.10.orig.tar.gz", size: 725946, sha256: SHA },
        { name: "hello_2.10-3.debian.tar.xz", size: 12688, sha256: SHA },
      ],
    });
    expect(dsc.packageList?.map((entry) => [entry.package, entry.architectures])).toEqual([
      ["hello", ["any"]],
      ["hello-doc", ["all"]],
    ]);
  });

  it("reads through a signature", () => {
    const marks = [
      "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n",
      "\n-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n",
    ];
    expect(parseDsc(marks.join(TEXT)).source).toBe("hello");
  });

  it.each([
    [TEXT.replace("3.0 (quilt)", "3.0 (git)"), /"3.0 \(git\)" is not supported/],
    [TEXT.replace("3.0 (quilt)", "2.0"), /"2.0" is not supported/],
    [TEXT.replace(/Checksums-Sha256:\n.*\n.*\n/, ""), /"Checksums-Sha256": this field is missing/],
    [
      TEXT.replace("12688 hello_2.10-3.debian.tar.xz\nFiles", "1 hello_2.10-3.debian.tar.xz\nFiles"),
      /different sizes/,
    ],
    [TEXT.replaceAll("hello_2.10.orig", "hallo_2.10.orig"), /is no file of a source package hello 1:2.10-3/],
    [TEXT.replace("Source: hello", "Source: h"), /not a valid name/],
    [TEXT.replace("1:2.10-3", "1:2.10_3"), /not a valid version/],
    [`${TEXT}\nX: y\n`, /second paragraph/],
  ])("refuses (%#)", (text, message) => {
    expect(() => parseDsc(text)).toThrow(message);
  });

  it("takes any input", () => {
    fc.assert(
      fc.property(mutated([TEXT]), (text) => onlyFormatError(() => parseDsc(text)) || true),
      { numRuns: 1500 },
    );
  });
});

describe("checkDscFiles", () => {
  const quilt = ["h_1.orig.tar.gz", "h_1-2.debian.tar.xz"];
  const cases: readonly (readonly [DscFormat, string, readonly string[], RegExp | undefined])[] = [
    ["3.0 (quilt)", "1-2", quilt, undefined],
    [
      "3.0 (quilt)",
      "9:1-2",
      [...quilt, "h_1.orig.tar.gz.asc", "h_1.orig-doc.tar.bz2", "h_1.orig-doc.tar.bz2.asc"],
      undefined,
    ],
    ["3.0 (quilt)", "1-1-2", ["h_1-1.orig.tar.gz", "h_1-1-2.debian.tar.xz"], undefined],
    ["3.0 (quilt)", "1-2", [...quilt, "h_1.orig.tar.xz"], /twice in different compression/],
    ["3.0 (quilt)", "1-2", [...quilt, "h_1.orig-doc.tar.gz.asc"], /without its upstream tarball/],
    ["3.0 (quilt)", "1-2", [...quilt, "h_1.orig.tar.xz.asc"], /without its upstream tarball/],
    ["3.0 (quilt)", "1-2", [...quilt, "h_1-2.debian.tar.xz.asc"], /without its upstream tarball/],
    ["3.0 (quilt)", "1-2", [...quilt, "h_1.orig-a.b.tar.gz"], /is no file of a source package/],
    ["3.0 (quilt)", "1-2", [...quilt, "h_1-2.dsc"], /is no file of a source package/],
    ["3.0 (quilt)", "1-2", ["h_1.orig.tar.zip", "h_1-2.debian.tar.xz"], /is no file of a source package/],
    ["3.0 (quilt)", "1-2", ["h_1.orig.tar.gz"], /packaging tarball .* is missing/],
    ["3.0 (quilt)", "1-2", ["h_1-2.debian.tar.xz"], /upstream tarball .* is missing/],
    ["3.0 (native)", "1", ["h_1.tar.xz"], undefined],
    ["3.0 (native)", "1", ["h_1.tar.xz", "h_1.tar.gz"], /twice in different compression/],
    ["3.0 (native)", "1", ["h_1.orig.tar.xz"], /is no file/],
    ["1.0", "1-2", ["h_1.orig.tar.gz", "h_1-2.diff.gz", "h_1.orig.tar.gz.asc"], undefined],
    ["1.0", "1", ["h_1.tar.gz"], undefined],
    ["1.0", "1", ["h_1.tar.xz"], /is no file/],
    ["1.0", "1-2", ["h_1-2.diff.gz"], /exactly one tarball/],
    ["1.0", "1-2", ["h_1.orig.tar.gz", "h_1-2.tar.gz"], /exactly one tarball/],
  ];

  it.each(cases)("%s %s %j", (format, version, names, message) => {
    const check = () => checkDscFiles({ format, source: "h", version, names }, { what: "x" });
    if (message === undefined) expect(check).not.toThrow();
    else expect(check).toThrow(message);
  });
});

describe("componentOfDsc", () => {
  it("prefers the section of the upload's list", () => {
    const dsc = parseDsc(TEXT.replace("deb devel", "deb contrib/devel"));

    expect([componentOfDsc(dsc), componentOfDsc(dsc, "non-free/net"), componentOfDsc(dsc, "net")]).toEqual([
      "contrib",
      "non-free",
      "main",
    ]);
  });

  it.each([
    ["devel", "main"],
    ["", "main"],
    ["non-free-firmware/admin", "non-free-firmware"],
  ])("section %j is in %s", (section, component) => {
    expect(componentOfSection(section)).toBe(component);
  });
});

describe("packages made by dpkg", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "dsc-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ["1.0", "1.5", 1],
    ["1.0", "2:1.5-1", 2],
    ["3.0 (native)", "1.5~test12+1", 1],
    ["3.0 (quilt)", "1.5-1~test12+1", 3],
  ])("format %s, version %s", (format, version, count) => {
    const made = makeSource(folder, format, version);

    const dsc = parseDsc(made.dsc);
    const changes = parseChanges(made.changes);

    expect(dsc).toMatchObject({ format, source: "hello", version, architectures: ["any", "all"] });
    expect(dsc.files).toHaveLength(count);
    expect(changes).toMatchObject({ source: "hello", version, distribution: "bookworm-test-unstable" });
    expect(changes.files.map((file) => file.name)).toEqual(
      expect.arrayContaining(dsc.files.map((file) => file.name)),
    );
    const listed = changes.files.find((file) => file.name.endsWith(".dsc"));
    expect(componentOfDsc(dsc, listed?.section)).toBe("contrib");
  });
});

function makeSource(parent: string, format: string, version: string): { dsc: string; changes: string } {
  const folder = mkdtempSync(join(parent, "made-"));
  const upstream = version.replace(/^\d+:/, "").replace(/-[^-]*$/, "");
  const tree = join(folder, `hello-${upstream}`);
  mkdirSync(tree);
  writeFileSync(join(tree, "hello.c"), "int main(void) { return 0; }\n");
  if (version.includes("-")) {
    execFileSync("tar", ["-czf", `hello_${upstream}.orig.tar.gz`, `hello-${upstream}`], { cwd: folder });
    if (format !== "1.0") {
      execFileSync("tar", ["-cjf", `hello_${upstream}.orig-doc.tar.bz2`, `hello-${upstream}`], {
        cwd: folder,
      });
      mkdirSync(join(tree, "doc"));
      writeFileSync(join(tree, "doc", "hello.c"), "int main(void) { return 0; }\n");
    }
  }
  mkdirSync(join(tree, "debian", "source"), { recursive: true });
  writeFileSync(join(tree, "debian", "source", "format"), `${format}\n`);
  writeFileSync(join(tree, "debian", "rules"), "#!/usr/bin/make -f\n", { mode: 0o755 });
  writeFileSync(join(tree, "debian", "control"), CONTROL);
  writeFileSync(
    join(tree, "debian", "changelog"),
    `hello (${version}) bookworm-test-unstable; urgency=low\n\n  * Test.\n\n -- Jane Doe <jane@example.org>  Tue, 02 Jan 2024 03:04:05 +0000\n`,
  );
  execFileSync("dpkg-source", ["-b", `hello-${upstream}`], { cwd: folder, stdio: "pipe" });
  const dsc = readdirSync(folder).find((name) => name.endsWith(".dsc")) ?? "";
  const changes = execFileSync("dpkg-genchanges", ["-S", "-sa"], {
    cwd: tree,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return { dsc: readFileSync(join(folder, dsc), "utf8"), changes };
}

const CONTROL = `Source: hello
Section: contrib/devel
Priority: optional
Maintainer: Jane Doe <jane@example.org>
Build-Depends: debhelper-compat (= 13)
Standards-Version: 4.6.2

Package: hello
Architecture: any
Description: test
 Test.

Package: hello-doc
Architecture: all
Build-Profiles: <!nodoc>
Description: test
 Test.
`;
