import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { createAptJudge } from "#testing";
import type { CorpusPackage } from "./corpus/make.ts";
import { ARCHITECTURE } from "./peers/peer.ts";

/** A distribution as clients see it, and what must be in it. */
export interface Visible {
  /** Directory with `dists/` and `pool/`. */
  readonly root: string;
  /** Below `dists/`. */
  readonly distribution: string;
  readonly keyring: string;
  /** Packages that must be listed, with their files. */
  readonly has: readonly CorpusPackage[];
  /** Must be the number of stanzas. */
  readonly count: number;
  /** Whether paths of the packages must be in Contents. */
  readonly contents: boolean;
}

/**
 * Proves that a change is visible: the signature, the sums in the signed Release, the packages in the index and their
 * files in the pool, paths in Contents. @throws Error when something is missing: a figure for nothing is worth nothing
 */
export async function proveVisible(visible: Visible): Promise<void> {
  const { root, distribution, has } = visible;
  const dir = join(root, "dists", distribution);
  const sums = releaseSums(await verifiedText(join(dir, "InRelease"), visible.keyring));
  const packages = await readIndex(dir, sums, `main/binary-${ARCHITECTURE}/Packages.gz`);
  const stanzas = packages.split("\n\n").filter((stanza) => stanza.trim() !== "");
  if (stanzas.length !== visible.count)
    throw new Error(`${dir}: ${stanzas.length} packages are listed, not ${visible.count}`);
  for (const wanted of has) await checkPackage(root, stanzas, wanted);
  if (!visible.contents) return;
  const contents = await readIndex(dir, sums, contentsName(sums));
  for (const { name, paths } of has) {
    const lines = contents
      .split("\n")
      .filter((line) => paths.some((path) => /^\s/.test(line.slice(path.length)) && line.startsWith(path)));
    if (lines.length < paths.length || !lines.every((line) => line.includes(`/${name}`)))
      throw new Error(`${dir}: the paths of ${name} are not in Contents`);
  }
}

/** The same by a real apt, which fetches from the directory. @throws Error when it complains or sees another version */
export async function proveByApt(visible: Visible): Promise<void> {
  const apt = await createAptJudge();
  try {
    const { root, distribution, keyring, has } = visible;
    const lines = [
      `URIs: file:${root}`,
      `Suites: ${distribution}`,
      "Components: main",
      `Signed-By: ${keyring}`,
    ];
    await apt.setSources(["Types: deb", `Architectures: ${ARCHITECTURE}`, ...lines, ""].join("\n"));
    const { exitCode, complaints, output } = await apt.update();
    const faults = complaints.filter((line) => /^[WE]:/.test(line));
    if (exitCode !== 0 || faults.length > 0) throw new Error(`apt does not accept ${root}: ${output}`);
    for (const { name, version } of has) {
      const { stdout } = await apt.run("apt-cache", ["madison", name]);
      if (!stdout.includes(` ${version} `)) throw new Error(`apt does not see ${name} ${version}: ${stdout}`);
    }
  } finally {
    await apt.close();
  }
}

async function verifiedText(file: string, keyring: string): Promise<string> {
  const args = ["--keyring", keyring, "--output", "-", file];
  const { stdout } = await promisify(execFile)("gpgv", args, { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** SHA-256 and size by path. */
function releaseSums(release: string): Map<string, { sha256: string; size: number }> {
  const list = /^SHA256:\n((?: .*\n)+)/m.exec(`${release}\n`)?.[1] ?? "";
  return new Map(
    list
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .map(([sha256 = "", size, path = ""]) => [path, { sha256, size: Number(size) }]),
  );
}

/** With the component in its path, or without: old layouts have it at the top. */
function contentsName(sums: ReadonlyMap<string, unknown>): string {
  const names = [`main/Contents-${ARCHITECTURE}.gz`, `Contents-${ARCHITECTURE}.gz`];
  const found = names.find((name) => sums.has(name));
  if (found === undefined) throw new Error("Release lists no Contents");
  return found;
}

async function readIndex(
  dir: string,
  sums: ReadonlyMap<string, { sha256: string; size: number }>,
  path: string,
): Promise<string> {
  const bytes = await readFile(join(dir, path));
  const listed = sums.get(path);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (listed?.sha256 !== sha256 || listed.size !== bytes.length)
    throw new Error(`${join(dir, path)} is not what Release says`);
  return (await promisify(gunzip)(bytes)).toString();
}

async function checkPackage(root: string, stanzas: readonly string[], wanted: CorpusPackage): Promise<void> {
  const stanza = stanzas.find((text) => field(text, "Package") === wanted.name);
  if (stanza === undefined || field(stanza, "Version") !== wanted.version)
    throw new Error(`${root}: ${wanted.name} ${wanted.version} is not listed`);
  const file = join(root, field(stanza, "Filename"));
  const { size } = await stat(file);
  const sha256 = createHash("sha256")
    .update(await readFile(wanted.path))
    .digest("hex");
  if (size !== Number(field(stanza, "Size")) || field(stanza, "SHA256") !== sha256)
    throw new Error(`${file} is not what its stanza says`);
}

function field(stanza: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, "m").exec(stanza)?.[1] ?? "";
}
