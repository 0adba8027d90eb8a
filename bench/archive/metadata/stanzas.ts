import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { deflateRawSync } from "node:zlib";
import type { PreparedPackage } from "#archive";
import { run } from "#testing";

/** Reads a list of apt, however it is compressed. */
const HELPER = "/usr/lib/apt/apt-helper";
const MAX_LIST_BYTES = 1024 * 1024 * 1024;

/**
 * Stanzas of the packages of the release that this machine runs, as its apt has them; one of each name.
 * @throws Error when apt has no lists
 */
export async function readAptStanzas(): Promise<string[]> {
  const codename = /^VERSION_CODENAME=(\S+)/m.exec(await readFile("/etc/os-release", "utf8"))?.[1] ?? "";
  const filter = ["Created-By: Packages", `Codename: ${codename}`];
  const files = await run("apt-get", ["indextargets", "--format", "$(FILENAME)", ...filter]);
  const texts: string[] = [];
  for (const file of files.split("\n").filter((line) => line !== "")) {
    const { stdout } = await promisify(execFile)(HELPER, ["cat-file", file], { maxBuffer: MAX_LIST_BYTES });
    texts.push(stdout);
  }
  const stanzas = texts.flatMap((text) => text.split("\n\n")).filter((stanza) => stanza.trim() !== "");
  if (stanzas.length === 0) throw new Error("apt has no lists of packages: apt-get update fetches them");
  return [...new Map(stanzas.map((stanza) => [field(stanza, "Package"), stanza])).values()];
}

/** A package without payload: its stanza is real, its paths are the two that every package of Debian has. */
export function packageOf(original: string): PreparedPackage {
  const [name, version] = [field(original, "Package"), field(original, "Version")];
  const [, source = name, sourceVersion = version] =
    /^(\S+)(?: \((\S+)\))?$/.exec(field(original, "Source")) ?? [];
  // Weak sums and what belongs to translated descriptions are not in our indices.
  const stanza = `${original
    .trim()
    .replace(/^(?:MD5sum|SHA1|Description-md5): .*\n?/gm, "")
    .trim()}\n`;
  const file = {
    path: field(original, "Filename"),
    sha256: field(original, "SHA256"),
    sizeBytes: Number(field(original, "Size")),
    md5: null,
  };
  return {
    kind: "deb",
    ...{ name, version, source, sourceVersion, stanza },
    arch: field(original, "Architecture"),
    section: field(original, "Section"),
    contentSha256: createHash("sha256").update(stanza).digest("hex"),
    files: [file],
    paths: deflateRawSync(`usr/share/doc/${name}/changelog.Debian.gz\nusr/share/doc/${name}/copyright`),
  };
}

function field(stanza: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, "m").exec(stanza)?.[1] ?? "";
}
