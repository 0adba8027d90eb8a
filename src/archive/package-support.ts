import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { BlobStore } from "#platform";
import { exec, execOk } from "#platform";
import type { LocalFile, ReleaseInput } from "./types.ts";

export type DebFields = Record<string, string> & { Package: string; Version: string; Architecture: string };

/** Small real packages for tests, made by dpkg-deb and dpkg-source. */
export interface PackageFactory {
  readonly dir: string;
  /** Makes a binary package, always the same bytes; returns its path. */
  deb(fields: DebFields, options?: { ending?: string; files?: Record<string, string> }): Promise<string>;
  /** Makes a source package; returns the path of its .dsc. */
  source(name: string, version: string, binaries: Record<string, string>): Promise<string>;
  close(): void;
}

export function createPackageFactory(): PackageFactory {
  const dir = mkdtempSync(join(tmpdir(), "mbd-packages-"));
  const place = (files: readonly MadeFile[]) => {
    for (const { name, bytes } of files) writeFileSync(join(dir, name), bytes);
  };
  return {
    dir,
    async deb(fields, { ending = "deb", files = {} } = {}) {
      const version = withoutEpoch(fields.Version);
      const name = `${fields.Package}_${version}_${fields.Architecture}.${ending}`;
      place(await madeOnce([name, fields, files], (within) => buildDeb(within, name, fields, files)));
      return join(dir, name);
    },
    async source(name, version, binaries) {
      place(
        await madeOnce([name, version, binaries], (within) => buildSource(within, name, version, binaries)),
      );
      return join(dir, `${name}_${withoutEpoch(version)}.dsc`);
    },
    close: () => rmSync(dir, { recursive: true }),
  };
}

interface MadeFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * What the tools made, by all they were given. They always make the same bytes of it, and take longer than most tests
 * do for the rest.
 */
const made = new Map<string, Promise<readonly MadeFile[]>>();

/** @param make leaves regular files, and nothing else, in the directory it is given */
function madeOnce(
  input: readonly unknown[],
  make: (within: string) => Promise<void>,
): Promise<readonly MadeFile[]> {
  const key = JSON.stringify(input);
  const known = made.get(key);
  if (known !== undefined) return known;
  const files = makeFiles(make);
  made.set(key, files);
  return files;
}

async function makeFiles(make: (within: string) => Promise<void>): Promise<readonly MadeFile[]> {
  const within = mkdtempSync(join(tmpdir(), "mbd-making-"));
  try {
    await make(within);
    return readdirSync(within).map((name) => ({ name, bytes: readFileSync(join(within, name)) }));
  } finally {
    rmSync(within, { recursive: true });
  }
}

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
}

function withoutEpoch(version: string): string {
  return version.replace(/^[0-9]+:/, "");
}

async function buildDeb(
  within: string,
  target: string,
  fields: DebFields,
  files: Record<string, string>,
): Promise<void> {
  const all = {
    Maintainer: "Some One <some@example.org>",
    Section: "misc",
    Priority: "optional",
    Description: "a test package\n It does nothing.\n .\n But well.",
    ...fields,
  };
  const tree = join(within, "tree");
  const control = Object.entries(all).map(([name, value]) => `${name}: ${value}\n`);
  write(join(tree, "DEBIAN", "control"), control.join(""));
  write(join(tree, "usr/share/doc", fields.Package, "changelog"), "none\n");
  for (const [path, text] of Object.entries(files)) write(join(tree, path), text);
  const args = ["--root-owner-group", "-Zxz", "--build", tree, join(within, target)];
  await execOk(exec, "dpkg-deb", args, { env: { SOURCE_DATE_EPOCH: "1704067200" } });
  rmSync(tree, { recursive: true });
}

async function buildSource(
  within: string,
  name: string,
  version: string,
  binaries: Record<string, string>,
): Promise<void> {
  const upstream = withoutEpoch(version).replace(/-[^-]*$/, "");
  const tree = join(within, `${name}-${upstream}`);
  write(join(tree, "README"), `${name}\n`);
  const reproducible = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0"];
  const orig = join(within, `${name}_${upstream}.orig.tar.xz`);
  await execOk(exec, "tar", [...reproducible, "-C", within, "-cJf", orig, basename(tree)]);
  write(join(tree, "debian/source/format"), "3.0 (quilt)\n");
  write(join(tree, "debian/rules"), "#!/usr/bin/make -f\n%:\n\ttrue\n", 0o755);
  write(join(tree, "debian/control"), sourceControl(name, binaries));
  const author = " -- Some One <some@example.org>  Mon, 01 Jan 2024 00:00:00 +0000\n";
  write(
    join(tree, "debian/changelog"),
    `${name} (${version}) unstable; urgency=low\n\n  * Test.\n\n${author}`,
  );
  await execOk(exec, "dpkg-source", ["-b", basename(tree)], { cwd: within });
  rmSync(tree, { recursive: true });
}

function sourceControl(name: string, binaries: Record<string, string>): string {
  const head = [
    `Source: ${name}`,
    "Section: misc",
    "Priority: optional",
    "Maintainer: Some One <some@example.org>",
    "Uploaders: Any Body <any@example.org>",
    "Standards-Version: 4.6.2",
    "Homepage: https://example.org/",
    "Vcs-Git: https://example.org/x.git",
    "Build-Depends: debhelper-compat (= 13)",
    "XS-Extra: yes",
  ];
  const packages = Object.entries(binaries).map(
    ([binary, arch]) => `\nPackage: ${binary}\nArchitecture: ${arch}\nDescription: one of them\n`,
  );
  return `${head.join("\n")}\n${packages.join("")}`;
}

export async function storeFile(blobs: BlobStore, path: string): Promise<LocalFile> {
  return { name: basename(path), ...(await blobs.putFile(path)) };
}

/** A release of source `name` with a package `name` for amd64 and `name-doc` for all, ready to be prepared. */
export async function makeRelease(
  factory: PackageFactory,
  blobs: BlobStore,
  release: { name: string; version: string; component?: string; repository?: string },
): Promise<ReleaseInput> {
  const { name, version } = release;
  const dsc = await factory.source(name, version, { [name]: "any", [`${name}-doc`]: "all" });
  const upstream = version.replace(/^[0-9]+:/, "");
  const orig = `${name}_${upstream.replace(/-[^-]*$/, "")}.orig.tar.xz`;
  const debs = [
    await factory.deb({ Package: name, Version: version, Architecture: "amd64" }),
    await factory.deb({ Package: `${name}-doc`, Source: name, Version: version, Architecture: "all" }),
  ];
  const store = (path: string) => storeFile(blobs, path);
  return {
    repository: release.repository ?? "test",
    component: release.component ?? "main",
    dsc: await store(dsc),
    sourceFiles: [
      await store(join(factory.dir, orig)),
      await store(join(factory.dir, `${name}_${upstream}.debian.tar.xz`)),
    ],
    debs: await Promise.all(debs.map(store)),
    buildinfos: [],
    changes: [],
    bkey: `${name}/${version}/20240101000000/test`,
  };
}
