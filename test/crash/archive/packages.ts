import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { run } from "#testing";

/** A source version with all that was built from it, as paths. */
export interface MadeRelease {
  readonly source: string;
  readonly version: string;
  readonly component: string;
  readonly dsc: string;
  readonly sourceFiles: readonly string[];
  readonly debs: readonly string[];
}

export interface WantedRelease {
  readonly source: string;
  readonly version: string;
  readonly component: string;
  /** Name, architecture and kind of the binary packages. */
  readonly binaries: readonly Binary[];
}

export interface Binary {
  readonly name: string;
  readonly arch: string;
  readonly kind?: "deb" | "udeb" | "ddeb";
  /** Default: that of the source. */
  readonly version?: string;
}

/** Makes small real packages below `dir`: native sources, and binaries whose paths tell their version. */
export async function makeReleases(dir: string, wanted: readonly WantedRelease[]): Promise<MadeRelease[]> {
  const made: MadeRelease[] = [];
  for (const [index, release] of wanted.entries()) {
    const place = join(dir, String(index));
    await mkdir(place, { recursive: true });
    const source = await makeSource(place, release);
    const debs = await Promise.all(release.binaries.map((binary) => makeDeb(place, release, binary)));
    made.push({ ...release, ...source, debs });
  }
  return made;
}

const withoutEpoch = (version: string) => version.replace(/^[0-9]+:/, "");
const MAINTAINER = "Some One <some@example.org>";

async function makeSource(dir: string, { source, version, binaries }: WantedRelease) {
  const stem = `${source}_${withoutEpoch(version)}`;
  const tree = join(dir, `${source}-${withoutEpoch(version)}`);
  await mkdir(join(tree, "debian/source"), { recursive: true });
  await writeFile(join(tree, "README"), `${source} ${version}\n`);
  await writeFile(join(tree, "debian/source/format"), "3.0 (native)\n");
  const tarball = join(dir, `${stem}.tar.gz`);
  const plain = ["--owner=0", "--group=0", "--mtime=@0", "--sort=name"];
  await run("tar", [...plain, "-C", dir, "-czf", tarball, basename(tree)]);
  const content = await readFile(tarball);
  const sum = (algorithm: string) =>
    ` ${createHash(algorithm).update(content).digest("hex")} ${content.length} ${basename(tarball)}`;
  const lines = [
    "Format: 3.0 (native)",
    `Source: ${source}`,
    `Binary: ${binaries.map(({ name }) => name).join(", ")}`,
    "Architecture: any all",
    `Version: ${version}`,
    `Maintainer: ${MAINTAINER}`,
    ...["Checksums-Sha1:", sum("sha1"), "Checksums-Sha256:", sum("sha256"), "Files:", sum("md5")],
  ];
  const dsc = join(dir, `${stem}.dsc`);
  await writeFile(dsc, `${lines.join("\n")}\n`);
  return { dsc, sourceFiles: [tarball] };
}

async function makeDeb(dir: string, release: WantedRelease, binary: Binary): Promise<string> {
  const { name, arch, kind = "deb", version = release.version } = binary;
  const tree = join(dir, `${name}-${arch}`);
  const doc = join(tree, "usr/share", name, withoutEpoch(version));
  await mkdir(join(tree, "DEBIAN"), { recursive: true });
  await mkdir(doc, { recursive: true });
  await writeFile(join(doc, "content"), `${name} ${version} ${arch}\n`);
  const same = name === release.source && version === release.version;
  const control = [
    `Package: ${name}`,
    ...(same ? [] : [`Source: ${release.source} (${release.version})`]),
    `Version: ${version}`,
    `Architecture: ${arch}`,
    `Maintainer: ${MAINTAINER}`,
    "Section: misc",
    "Priority: optional",
    `Description: package of a test\n Its version is ${version}.`,
  ];
  await writeFile(join(tree, "DEBIAN/control"), `${control.join("\n")}\n`);
  const deb = join(dir, `${name}_${withoutEpoch(version)}_${arch}.${kind}`);
  await run("dpkg-deb", ["--root-owner-group", "-Zgzip", "--build", tree, deb], {
    env: { SOURCE_DATE_EPOCH: "1704067200" },
  });
  return deb;
}
