import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Gpg, TestKey } from "./gpg.ts";
import { run } from "./tools.ts";

export interface SourcePackageOptions {
  /** Directory that gets the files of the upload; made when it is missing. */
  readonly dir: string;
  readonly name: string;
  readonly version: string;
  readonly distribution: string;
  /** Default `all`. */
  readonly architecture?: string;
  readonly section?: string;
  /** `quilt` packages have an orig tarball; default `native`. */
  readonly format?: "native" | "quilt";
  /** Whether the .changes lists the orig tarball (dpkg-genchanges): `-sa` always, `-sd` never, `-si` by version. */
  readonly sourceStyle?: "-sa" | "-sd" | "-si";
  /** Upload options, `KEY=VALUE`. Default `lintian-mode=DISABLED`, which saves installing lintian in each build. */
  readonly options?: readonly string[];
  /** Further lines of the changelog entry, without the bullet. */
  readonly bullets?: readonly string[];
  /** Shell lines of the build step; one that fails fails the build. */
  readonly build?: readonly string[];
  /** Shell lines that put more into `debian/tmp`, which becomes the binary package. */
  readonly pack?: readonly string[];
  /** Further build dependencies, in the form of `Build-Depends`. */
  readonly buildDepends?: string;
  /** Further files of the source by their paths, such as `debian/tests/control`; scripts begin with `#!`. */
  readonly tree?: Readonly<Record<string, string>>;
  /** Files of the binary package's DEBIAN directory, such as `postrm`; shell lines for maintainer scripts. */
  readonly scripts?: Readonly<Record<string, string>>;
  /** What lintian shall object to in the binary package. */
  readonly lintian?: "nothing" | "warning" | "error";
  /** Signs .dsc and .changes with debsign. */
  readonly sign?: { readonly gpg: Gpg; readonly key: TestKey };
}

export interface SourcePackage {
  readonly source: string;
  readonly version: string;
  readonly distribution: string;
  readonly dir: string;
  /** Absolute paths. */
  readonly changes: string;
  readonly dsc: string;
  /** What the binary package holds: prints `<name> <version> runs`. */
  readonly program: string;
  /** All files of the upload, the .changes last. */
  readonly files: readonly string[];
}

/** A tiny package, made by Debian's own tools; it builds in a second with nothing but build-essential. */
export async function makeSourcePackage(options: SourcePackageOptions): Promise<SourcePackage> {
  const { dir, name, version, distribution } = options;
  const upstream = version.replace(/^\d+:/, "").replace(/-[^-]*$/, "");
  const quilt = options.format === "quilt";
  const tree = join(dir, `${name}-${quilt ? upstream : "native"}`);
  await mkdir(tree, { recursive: true });
  if (quilt) await makeOrig(dir, tree, name, upstream);
  await writeTree(tree, options);
  await run("dpkg-source", ["-b", basename(tree)], { cwd: dir });
  const stem = `${name}_${version.replace(/^\d+:/, "")}`;
  const changes = join(dir, `${stem}_source.changes`);
  const style = options.sourceStyle ?? "-sa";
  await run("dpkg-genchanges", ["-S", style, `-O${changes}`], { cwd: tree });
  if (options.sign !== undefined) await debsign(changes, options.sign);
  const listed = await listedFiles(changes);
  return {
    source: name,
    version,
    distribution,
    dir,
    changes,
    dsc: join(dir, `${stem}.dsc`),
    program: `${options.lintian === "warning" ? "/usr/bin" : `/usr/lib/${name}`}/${name}`,
    files: [...listed.map((file) => join(dir, file)), changes],
  };
}

export async function debsign(changes: string, { gpg, key }: { gpg: Gpg; key: TestKey }): Promise<void> {
  await run("debsign", ["--no-conf", "--re-sign", `-k${key.fingerprint}`, changes], { env: gpg.env });
}

/** The names in `Checksums-Sha256`. */
export async function listedFiles(changes: string): Promise<string[]> {
  const text = await readFile(changes, "utf8");
  const list = /^Checksums-Sha256:\s*\n((?: .*\n)+)/m.exec(text)?.[1] ?? "";
  return [...list.matchAll(/^ [0-9a-f]{64} \d+ (\S+)$/gm)].map((match) => match[1] ?? "");
}

async function makeOrig(dir: string, tree: string, name: string, upstream: string): Promise<void> {
  const tarball = `${name}_${upstream}.orig.tar.xz`;
  if ((await readdir(dir)).includes(tarball)) return;
  await writeFile(join(tree, "README"), `${name} ${upstream}\n`);
  const flags = ["--owner=root", "--group=root", "--mtime=2024-01-01"];
  await run("tar", [...flags, "-cJf", tarball, basename(tree)], { cwd: dir });
}

async function writeTree(tree: string, options: SourcePackageOptions): Promise<void> {
  const { name, architecture = "all", section = "misc", format = "native" } = options;
  await mkdir(join(tree, "debian/source"), { recursive: true });
  const files: Record<string, string> = {
    "debian/source/format": `3.0 (${format})\n`,
    "debian/changelog": changelog(options),
    "debian/copyright": "Copyright 2024 A Tester. License: GPL-2+, see /usr/share/common-licenses/GPL-2.\n",
    "debian/control": `Source: ${name}
Section: ${section}
Priority: optional
Maintainer: A Tester <tester@example.org>${options.buildDepends === undefined ? "" : `\nBuild-Depends: ${options.buildDepends}`}
Standards-Version: 4.6.2
Rules-Requires-Root: no

Package: ${name}
Architecture: ${architecture}
Description: package of a test
 It shows on demand that it was installed, and has no other use whatsoever.
`,
    "debian/rules": rules(options),
    README: `${name} ${options.version.replace(/^\d+:/, "").replace(/-[^-]*$/, "")}\n`,
  };
  for (const [name, lines] of Object.entries(options.scripts ?? {})) {
    files[`debian/scripts/${name}`] = `#!/bin/sh\nset -e\n${lines}\n`;
  }
  for (const [file, text] of Object.entries({ ...files, ...options.tree })) {
    await mkdir(join(tree, dirname(file)), { recursive: true });
    await writeFile(join(tree, file), text);
    if (text.startsWith("#!")) await chmod(join(tree, file), 0o755);
  }
}

function changelog({ name, version, distribution, options, bullets }: SourcePackageOptions): string {
  const lines = [
    ...(options ?? ["lintian-mode=DISABLED"]).map((option) => `MINI_BUILDD_OPTION: ${option}`),
    ...(bullets ?? ["Test."]),
  ];
  const text = lines.map((line) => `  * ${line}`).join("\n");
  const trailer = " -- A Tester <tester@example.org>  Mon, 01 Jan 2024 12:00:00 +0000";
  return `${name} (${version}) ${distribution}; urgency=medium\n\n${text}\n\n${trailer}\n`;
}

/**
 * Without debhelper, which a clean chroot would have to install first. A program without manual page is a warning to
 * lintian, a package without a copyright file an error.
 */
function rules(options: SourcePackageOptions) {
  const { name, version, architecture = "all", build = [], pack = [], lintian = "nothing" } = options;
  const bin = lintian === "warning" ? "usr/bin" : `usr/lib/${name}`;
  // Policy 12.7: native packages have one changelog, others also that of upstream.
  const changes = version.includes("-") ? "changelog.Debian.gz" : "changelog.gz";
  const make = [
    "rm -rf debian/tmp",
    `install -d debian/tmp/DEBIAN debian/tmp/${bin} debian/tmp/usr/share/doc/${name}`,
    ...(lintian === "error"
      ? []
      : [`install -m 644 debian/copyright debian/tmp/usr/share/doc/${name}/copyright`]),
    `gzip -9nc debian/changelog >debian/tmp/usr/share/doc/${name}/${changes}`,
    `printf '#!/bin/sh\\necho "${name} ${version} runs"\\n' >debian/tmp/${bin}/${name}`,
    `chmod 755 debian/tmp/${bin}/${name}`,
    ...Object.keys(options.scripts ?? {}).map(
      (script) => `install -m 755 debian/scripts/${script} debian/tmp/DEBIAN/${script}`,
    ),
    ...pack,
    "cd debian/tmp && find usr -type f | sort | xargs md5sum >DEBIAN/md5sums",
    `dpkg-gencontrol -p${name}`,
    "dpkg-deb --root-owner-group --build debian/tmp ..",
  ];
  const [own, other] = architecture === "all" ? ["indep", "arch"] : ["arch", "indep"];
  const lines = (commands: readonly string[]) => commands.map((command) => `\t${command}\n`).join("");
  return `#!/usr/bin/make -f
SHELL = /bin/sh -e
clean:
\trm -rf debian/tmp debian/files
build-${own}:
${lines(["true", ...build])}
build-${other} binary-${other}:
build: build-${own}
binary: binary-${own}
binary-${own}: build-${own}
${lines(make)}
.PHONY: clean build build-arch build-indep binary binary-arch binary-indep
`;
}
