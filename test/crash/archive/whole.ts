import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/**
 * What is wrong with the published files of a repository: anything listed that is not there as listed, and more
 * generations of a distribution than expected.
 */
export function findBroken(root: string, generations: number): string[] {
  const dists = join(root, "dists");
  return readdirSync(dists).flatMap((name) => [
    ...brokenIndices(join(dists, name)),
    ...brokenPool(root, join(dists, name)),
    ...leftOver(root, name, generations),
  ]);
}

const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex");

function listed(dist: string): { path: string; size: number; hash: string }[] {
  const release = readFileSync(join(dist, "Release"), "utf8");
  const list = /^SHA256:\n((?: .*\n)+)/m.exec(release)?.[1] ?? "";
  return [...list.matchAll(/^ ([0-9a-f]{64}) +(\d+) (\S+)$/gm)].map(([, hash = "", size, path = ""]) => ({
    ...{ path, hash },
    size: Number(size),
  }));
}

function brokenIndices(dist: string): string[] {
  const files = listed(dist);
  const names = new Set(files.map(({ path }) => path));
  if (names.size !== files.length || names.size === 0)
    return [`${dist}: Release lists a name twice, or nothing`];
  return files.flatMap(({ path, size, hash }) => {
    const file = join(dist, path);
    if (!existsSync(file)) {
      const packed = [".gz", ".xz"]
        .filter((ending) => names.has(path + ending))
        .map((ending) => file + ending);
      const plain = packed.map((each) => execFileSync(each.endsWith(".gz") ? "gzip" : "xz", ["-dc", each]));
      const same = plain.length > 0 && plain.every((content) => sha256(content) === hash);
      return same ? [] : [`${file}: neither there nor packed`];
    }
    const content = readFileSync(file);
    const byHash = join(file, "../by-hash/SHA256", hash);
    if (content.length !== size || sha256(content) !== hash) return [`${file}: not as listed`];
    if (!path.endsWith("/Release") && !existsSync(byHash)) return [`${byHash}: missing`];
    return [];
  });
}

function brokenPool(root: string, dist: string): string[] {
  const indices = listed(dist).filter(({ path }) => /\/(?:Packages|Sources)\.gz$/.test(path));
  return indices.flatMap(({ path }) => {
    const text = execFileSync("gzip", ["-dc", join(dist, path)], { encoding: "utf8" });
    return filesIn(text).flatMap(({ name, size, hash }) => {
      const file = join(root, name);
      if (!existsSync(file)) return [`${file}: listed in ${path}, missing`];
      const content = readFileSync(file);
      return content.length === size && sha256(content) === hash ? [] : [`${file}: not as ${path} says`];
    });
  });
}

/** Files of all stanzas of a Packages or Sources. */
function filesIn(text: string): { name: string; size: number; hash: string }[] {
  return text.split("\n\n").flatMap((stanza) => {
    const field = (name: string) => new RegExp(`^${name}: ?(.*(?:\n .*)*)`, "m").exec(stanza)?.[1] ?? "";
    if (field("Filename") !== "")
      return [{ name: field("Filename"), size: Number(field("Size")), hash: field("SHA256") }];
    return [...field("Checksums-Sha256").matchAll(/([0-9a-f]{64}) (\d+) (\S+)/g)].map(
      ([, hash = "", size, name]) => ({ name: `${field("Directory")}/${name}`, size: Number(size), hash }),
    );
  });
}

function leftOver(root: string, name: string, most: number): string[] {
  const generations = join(root, ".generations", name);
  const current = Number(/([0-9]+)$/.exec(readlinkSync(join(root, "dists", name)))?.[1]);
  const numbers = readdirSync(generations).filter((each) => /^[0-9]+$/.test(each));
  const later = numbers.filter((each) => !(Number(each) <= current));
  return [
    ...later.map((each) => `${generations}/${each}: never seen by anybody`),
    ...(numbers.length > most ? [`${generations}: ${numbers.length} generations`] : []),
  ];
}
