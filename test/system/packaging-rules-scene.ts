import { chmod, mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { listedFiles, run } from "#testing";

/**
 * A source of many kinds at once: an epoch, two upstream tarballs, and packages of each kind that are made by one
 * build: deb, udeb, and what dh_strip calls `-dbgsym`. On i386 it does not build.
 */
export const KINDS = "mbd-kinds";
export const UPSTREAM = "1.0+dfsg";

export interface KindsUpload {
  readonly source: string;
  readonly version: string;
  readonly files: readonly string[];
}

/** `style`: whether the upload has the upstream tarballs (`-sa`) or not (`-sd`). */
export async function makeKinds(
  dir: string,
  { version, distribution, style }: { version: string; distribution: string; style: "-sa" | "-sd" },
): Promise<KindsUpload> {
  const tree = join(dir, `${KINDS}-${UPSTREAM}`);
  await mkdir(join(tree, "docs"), { recursive: true });
  await writeFile(join(tree, "run.c"), "int main(void) { return 0; }\n");
  await writeFile(join(tree, "docs/README"), "What there is to know.\n");
  const tar = ["--owner=root", "--group=root", "--mtime=2024-01-01", "--sort=name", "-cJf"];
  const stem = `${KINDS}_${UPSTREAM}.orig`;
  await run("tar", [...tar, `${stem}.tar.xz`, "--exclude=docs", "--exclude=debian", basename(tree)], {
    cwd: dir,
  });
  await run("tar", [...tar, `../${stem}-docs.tar.xz`, "docs"], { cwd: tree });
  await writeDebian(tree, version, distribution);
  await run("dpkg-source", ["-b", basename(tree)], { cwd: dir });
  const changes = join(dir, `${KINDS}_${version.replace(/^\d+:/, "")}_source.changes`);
  await run("dpkg-genchanges", ["-S", style, `-O${changes}`], { cwd: tree });
  const files = (await listedFiles(changes)).map((name) => join(dir, name));
  return { source: KINDS, version, files: [...files, changes] };
}

async function writeDebian(tree: string, version: string, distribution: string): Promise<void> {
  await mkdir(join(tree, "debian/source"), { recursive: true });
  const files: Record<string, string> = {
    "debian/source/format": "3.0 (quilt)\n",
    "debian/changelog": `${KINDS} (${version}) ${distribution}; urgency=medium

  * MINI_BUILDD_OPTION: lintian-mode=DISABLED

 -- A Tester <tester@example.org>  Mon, 01 Jan 2024 12:00:00 +0000
`,
    "debian/control": CONTROL,
    "debian/rules": RULES,
  };
  for (const [file, text] of Object.entries(files)) await writeFile(join(tree, file), text);
  await chmod(join(tree, "debian/rules"), 0o755);
}

const CONTROL = `Source: ${KINDS}
Section: misc
Priority: optional
Maintainer: A Tester <tester@example.org>
Standards-Version: 4.6.2
Rules-Requires-Root: no

Package: ${KINDS}
Architecture: any
Description: package of a test
 It has a program.

Package: ${KINDS}-udeb
Package-Type: udeb
Section: debian-installer
Architecture: any
Description: package of a test, for the installer
`;

// Without debhelper, which a clean chroot would have to install first. The words of the debug package are dh_strip's.
const RULES = `#!/usr/bin/make -f
include /usr/share/dpkg/pkg-info.mk
SHELL = /bin/sh -e
ARCH := $(shell dpkg-architecture -qDEB_HOST_ARCH)
VERSION := $(shell echo '$(DEB_VERSION)' | sed 's/^[0-9]*://')

clean:
	rm -rf debian/tmp debian/udeb debian/dbgsym debian/files
build build-arch build-indep binary-indep:
binary: binary-arch
binary-arch:
	test "$(ARCH)" != i386
	install -d debian/tmp/DEBIAN debian/tmp/usr/lib/${KINDS} debian/udeb/DEBIAN debian/udeb/usr/lib/${KINDS}
	install -d debian/dbgsym/DEBIAN debian/dbgsym/usr/lib/debug
	gcc -g -o debian/tmp/usr/lib/${KINDS}/run run.c
	objcopy --only-keep-debug debian/tmp/usr/lib/${KINDS}/run debian/dbgsym/usr/lib/debug/run.debug
	cp debian/tmp/usr/lib/${KINDS}/run debian/udeb/usr/lib/${KINDS}/run
	dpkg-gencontrol -p${KINDS}
	dpkg-gencontrol -p${KINDS}-udeb -Pdebian/udeb -n${KINDS}-udeb_$(VERSION)_$(ARCH).udeb
	dpkg-gencontrol -p${KINDS} -Pdebian/dbgsym -n${KINDS}-dbgsym_$(VERSION)_$(ARCH).deb \\
	  -DPackage=${KINDS}-dbgsym -DSection=debug -DAuto-Built-Package=debug-symbols \\
	  '-DDepends=${KINDS} (= $(DEB_VERSION))' '-DDescription=debug symbols for ${KINDS}'
	dpkg-deb --root-owner-group --build debian/tmp ..
	dpkg-deb --root-owner-group --build debian/dbgsym ..
	dpkg-deb --root-owner-group --build debian/udeb ../${KINDS}-udeb_$(VERSION)_$(ARCH).udeb
.PHONY: clean build build-arch build-indep binary binary-arch binary-indep
`;
