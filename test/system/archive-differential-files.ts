import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { readAptSources } from "#sources";
import { type AptJudge, cached, createAptJudge } from "#testing";

/** Real packages of the archive that this machine's own apt uses; the same ones until the cache is deleted. */
export interface RealPackages {
  readonly debs: readonly string[];
  readonly udebs: readonly string[];
  /** Their files lie beside them. */
  readonly dscs: readonly string[];
}

interface Wanted {
  readonly debs: number;
  readonly udebs: number;
  readonly sources: number;
}

/** Files up to this size: downloads stay short, and there are still some twenty thousand to choose from. */
const MAX_BYTES = 40_000;
const MAX_SOURCE_BYTES = 120_000;

/** Fetched once by apt into the cache of the tests. */
export async function realPackages(wanted: Wanted): Promise<RealPackages> {
  const name = `differential-${wanted.debs}-${wanted.udebs}-${wanted.sources}`;
  const dir = await cached(name, (made) => download(made, wanted));
  const files = (await readdir(dir)).sort().map((file) => join(dir, file));
  const ending = (end: string) => files.filter((file) => file.endsWith(end));
  return { debs: ending(".deb"), udebs: ending(".udeb"), dscs: ending(".dsc") };
}

async function download(dir: string, wanted: Wanted): Promise<void> {
  const source = (await readAptSources("/etc/apt")).find(({ components }) => components.includes("main"));
  if (source === undefined) throw new Error("this machine has no apt source with a component main");
  const apt = await createAptJudge();
  try {
    await apt.setSources(sourcesOf(source));
    const { exitCode, output } = await apt.update();
    if (exitCode !== 0) throw new Error(`apt cannot update: ${output}`);
    await mkdir(dir, { mode: 0o755 });
    const fetching = { apt, uri: source.uri.replace(/\/*$/, "/"), dir };
    const packages = await choosePackages(apt);
    await fetchSome(fetching, packages.debs, wanted.debs);
    await fetchSome(fetching, packages.udebs, wanted.udebs);
    await fetchSome(fetching, await chooseSources(apt), wanted.sources);
  } finally {
    await apt.close();
  }
}

type AptSource = Awaited<ReturnType<typeof readAptSources>>[number];

/** Debian keeps the packages of its installer in a component of their own, as apt sees it. */
function sourcesOf({ uri, suite, signedBy }: AptSource): string {
  const lines = [
    `URIs: ${uri}`,
    `Suites: ${suite}`,
    "Components: main main/debian-installer",
    `Signed-By: ${signedBy}`,
  ];
  return ["Types: deb deb-src", ...lines, ""].join("\n");
}

interface Remote {
  /** Below the root of the archive. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** The sum decides who is chosen: as good as chance, and the same for everybody. */
function bySum(a: Remote, b: Remote): number {
  return a.sha256 < b.sha256 ? -1 : 1;
}

/** Each candidate is a list of files that belong together. */
type Candidates = readonly (readonly Remote[])[];

async function choosePackages(apt: AptJudge): Promise<{ debs: Candidates; udebs: Candidates }> {
  const stanzas = await readLists(apt, "Packages");
  const small = stanzas
    .map((stanza) => ({
      path: field(stanza, "Filename"),
      sizeBytes: Number(field(stanza, "Size")),
      sha256: field(stanza, "SHA256"),
    }))
    .filter(({ sizeBytes }) => sizeBytes <= MAX_BYTES)
    .sort(bySum);
  const ending = (end: string) => small.filter(({ path }) => path.endsWith(end)).map((remote) => [remote]);
  return { debs: ending(".deb"), udebs: ending(".udeb") };
}

async function chooseSources(apt: AptJudge): Promise<Candidates> {
  const sources = (await readLists(apt, "Sources"))
    .map((stanza) => filesOf(stanza))
    .filter((files) => files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) <= MAX_SOURCE_BYTES);
  const dscOf = (files: readonly Remote[]) => files.find(({ path }) => path.endsWith(".dsc"))?.sha256 ?? "";
  return sources.sort((a, b) => (dscOf(a) < dscOf(b) ? -1 : 1));
}

function filesOf(stanza: string): Remote[] {
  const directory = field(stanza, "Directory");
  const list = /^Checksums-Sha256:\s*\n((?: .*\n?)+)/m.exec(stanza)?.[1] ?? "";
  return [...list.matchAll(/^ ([0-9a-f]{64}) ([0-9]+) (\S+)$/gm)].map(([, sha256 = "", size, name]) => ({
    path: `${directory}/${name}`,
    sizeBytes: Number(size),
    sha256,
  }));
}

async function readLists(apt: AptJudge, kind: "Packages" | "Sources"): Promise<string[]> {
  const { stdout } = await apt.run("apt-get", [
    "indextargets",
    "--format",
    "$(FILENAME)",
    `Created-By: ${kind}`,
  ]);
  const texts = await Promise.all(
    stdout
      .trim()
      .split("\n")
      .map((file) => readFile(file, "utf8")),
  );
  return texts.flatMap((text) => text.split("\n\n")).filter((stanza) => stanza.trim() !== "");
}

interface Fetching {
  readonly apt: AptJudge;
  readonly uri: string;
  readonly dir: string;
}

/**
 * Gets the first `count` candidates that can be had whole. Mirrors that hold only a part of the archive are common, so
 * some more than are needed are asked for; it may come to fewer.
 */
async function fetchSome({ apt, uri, dir }: Fetching, candidates: Candidates, count: number): Promise<void> {
  const asked = candidates.slice(0, count * 3);
  let have = 0;
  for (let at = 0; at < asked.length && have < count; at += count) {
    const batch = asked.slice(at, at + count);
    const items = batch
      .flat()
      .flatMap(({ path, sha256 }) => [uri + path, fileOf(dir, path), `SHA256:${sha256}`]);
    // Its exit code tells only whether all could be had.
    await apt.run("/usr/lib/apt/apt-helper", ["download-file", ...items]);
    for (const files of batch) {
      const whole =
        have < count && (await Promise.all(files.map((file) => isWhole(dir, file)))).every(Boolean);
      if (whole) have += 1;
      else for (const { path } of files) await rm(fileOf(dir, path), { force: true });
    }
  }
}

function fileOf(dir: string, path: string): string {
  return join(dir, basename(path));
}

async function isWhole(dir: string, { path, sha256 }: Remote): Promise<boolean> {
  const bytes = await readFile(fileOf(dir, path)).catch(() => undefined);
  return bytes !== undefined && createHash("sha256").update(bytes).digest("hex") === sha256;
}

function field(stanza: string, name: string): string {
  return new RegExp(`^${name}: *(.*)$`, "m").exec(stanza)?.[1] ?? "";
}
