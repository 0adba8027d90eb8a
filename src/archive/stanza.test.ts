import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { copyFile, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseDsc, parseStanza, parseStanzas, readDeb, type Stanza } from "#deb";
import { exec, execOk } from "#platform";
import { digestFile } from "./compress.ts";
import { createPackageFactory, type PackageFactory } from "./package-support.ts";
import { packagesStanza, sourcesStanza } from "./stanza.ts";

let factory: PackageFactory;
let root: string;
beforeAll(() => {
  factory = createPackageFactory();
  root = mkdtempSync(join(tmpdir(), "mbd-stanza-"));
  mkdirSync(join(root, "pool/main/h/hello"), { recursive: true });
});
afterAll(() => {
  factory.close();
  rmSync(root, { recursive: true });
});

const DIRECTORY = "pool/main/h/hello";

async function toPool(path: string): Promise<string> {
  const target = join(root, DIRECTORY, basename(path));
  await copyFile(path, target);
  return target;
}

async function facts(path: string) {
  const { md5 = "", sha1 = "", ...rest } = await digestFile(path, { md5: true, sha1: true });
  return { name: basename(path), path: `${DIRECTORY}/${basename(path)}`, md5, sha1, ...rest };
}

async function oracle(tool: string, ...args: string[]): Promise<Stanza[]> {
  const { stdout } = await execOk(exec, tool, args, { cwd: root });
  return parseStanzas(stdout, { what: tool });
}

const fields = (stanza: Stanza) => [...stanza.entries()];
const sortedFields = (stanza: Stanza) => fields(stanza).sort(([a], [b]) => (a < b ? -1 : 1));

test("stanzas of binary packages are those of dpkg-scanpackages and apt-ftparchive", async () => {
  const deb = await toPool(
    await factory.deb({
      Package: "hello",
      Version: "1:2.10-3",
      Architecture: "amd64",
      Source: "hello-src (1:2.10-2)",
      "X-Strange": "kept",
      "Multi-Arch": "foreign",
      Depends: "libc6 (>= 2.36), b",
      "Pre-Depends": "a",
      "Installed-Size": "12",
      Homepage: "https://example.org/",
      "Built-Using": "gcc-12 (= 12.2.0-14)",
      "Another-One": "kept too",
      Tag: "implemented-in::c",
    }),
  );
  const control = parseStanza((await readDeb(deb)).control, { what: "hello" });

  const ours = parseStanza(packagesStanza(control, await facts(deb)), { what: "ours" });

  const [scanned] = await oracle("dpkg-scanpackages", "pool");
  const [archived] = await oracle(
    "apt-ftparchive",
    "-o",
    "APT::FTPArchive::SHA512=false",
    "packages",
    "pool",
  );
  expect(scanned && fields(ours)).toEqual(scanned && fields(scanned));
  expect(sortedFields(ours)).toEqual(archived && sortedFields(archived));
});

test("a package cannot speak for the archive", async () => {
  const text =
    "Package: hello\nVersion: 1\nArchitecture: all\nFilename: pool/x\nSHA256: 00\nSHA512: 00\nsize: 1\nStatus: ok\n";

  const stanza = packagesStanza(parseStanza(text, { what: "hello" }), {
    path: "pool/y",
    sizeBytes: 7,
    sha256: "ff",
  });

  expect(stanza).toBe(
    "Package: hello\nVersion: 1\nArchitecture: all\nFilename: pool/y\nSize: 7\nSHA256: ff\n",
  );
});

test("stanzas of source packages are those of apt-ftparchive and dpkg-scansources", async () => {
  const path = await toPool(await factory.source("hello", "1:2.10-3", { hello: "any", "hello-doc": "all" }));
  const tarballs = ["hello_2.10.orig.tar.xz", "hello_2.10-3.debian.tar.xz"];
  const files = [path];
  for (const name of tarballs) files.push(await toPool(join(factory.dir, name)));
  const dsc = parseDsc(await readFile(path, "utf8"), basename(path));

  const text = sourcesStanza(dsc, DIRECTORY, await Promise.all(files.map(facts)));

  const ours = parseStanza(text, { what: "ours" });
  const weak = ["-o", "APT::FTPArchive::SHA1=false", "-o", "APT::FTPArchive::SHA512=false"];
  const [archived] = await oracle("apt-ftparchive", ...weak, "sources", "pool");
  const [scanned] = await oracle("dpkg-scansources", "pool");
  // The tools know section and priority only from an override file.
  expect([ours.get("Section"), ours.get("Priority")]).toEqual(["misc", "optional"]);
  const plain = ours.without("Section").without("Priority");
  expect(sortedFields(plain)).toEqual(archived && sortedFields(archived));
  expect(scanned && fields(plain)).toEqual(scanned && fields(scanned.without("Checksums-Sha1")));
});
