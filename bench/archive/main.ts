import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { type Corpus, type CorpusPackage, makeCorpus, makeExtras } from "./corpus/make.ts";
import { type Limit, measureLimit } from "./limit.ts";
import { describeMachine, installPeers } from "./machine.ts";
import type { Figure } from "./measure/figures.ts";
import { spreadOf } from "./measure/statistics.ts";
import { measureMetadata } from "./metadata/measure.ts";
import { type Options, type PeerName, parseOptions, USAGE } from "./options.ts";
import { createAptly } from "./peers/aptly.ts";
import { makeSigningKey } from "./peers/key.ts";
import { createOurs } from "./peers/ours.ts";
import type { Peer, Place } from "./peers/peer.ts";
import { createReprepro } from "./peers/reprepro.ts";
import { renderReport } from "./report/page.ts";
import type { Results } from "./report/results.ts";
import { fill, runSeries, type SeriesOptions } from "./series.ts";

/** Archives above this are filled once only: it takes minutes. */
const MANY = 5000;
/** Enough for all rounds of one archive. */
const EXTRAS = 200;

const checkout = process.env.BENCH_ROOT ?? process.cwd();
const began = performance.now();

function say(line: string): void {
  process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${line}\n`);
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") {
    process.stdout.write(USAGE);
    return;
  }
  await installPeers(options.peers, say);
  await mkdir(options.cache, { recursive: true });
  // Short, since sockets of GnuPG lie in it, and on the file system of the packages.
  const work = await mkdtemp(join(options.cache, "run-"));
  try {
    const results = await measureAll(options, work);
    const page = renderReport(results);
    process.stdout.write(page);
    if (options.report !== undefined) await writeFile(resolve(checkout, options.report), page);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function measureAll(options: Options, work: string): Promise<Results> {
  const extras = await makeExtras(options.cache, EXTRAS);
  const figures: Figure[] = [];
  const limits: Limit[] = [];
  const programs = new Map<string, Pick<Peer, "name" | "version" | "configuration" | "indexSets">>();
  const sizes = [...options.measures].some((measure) => measure !== "metadata") ? options.packages : [];
  for (const packages of sizes) {
    const corpus = await makeCorpus(options.cache, packages, (done, of) => say(`packages: ${done} of ${of}`));
    for (const name of options.peers) {
      const measured = await measurePeer(name, { options, corpus, extras, work });
      figures.push(...measured.figures);
      if (measured.limit !== undefined) limits.push(measured.limit);
      programs.set(name, measured.peer);
    }
  }
  const metadata = options.measures.has("metadata")
    ? await measureMetadata({ ...options, work, checkout, extras, say })
    : undefined;
  const machine = await describeMachine(work);
  return { machine, programs: [...programs.values()], figures, limits, metadata };
}

interface Task {
  readonly options: Options;
  readonly corpus: Corpus;
  readonly extras: readonly CorpusPackage[];
  readonly work: string;
}

/** One program at one size: fills it, some times where that is quick, and measures the last one. */
async function measurePeer(
  name: PeerName,
  { options, corpus, extras, work }: Task,
): Promise<{ figures: Figure[]; limit: Limit | undefined; peer: Peer }> {
  const packages = corpus.packages.length;
  const log = join(work, `${name}-${packages}.log`);
  const series: SeriesOptions = { ...options, packages, extras, log, say };
  const imports = packages > MANY || !options.measures.has("import") ? 1 : Math.min(3, options.runs);
  const fills: { ms: number; peakBytes: number }[] = [];
  for (let n = 1; ; n += 1) {
    const place = await makePlace(join(work, `${n}`));
    const peer = await createPeer(name, place);
    try {
      say(`${packages} ${name} ${peer.version}: import ${n} of ${imports}`);
      fills.push(await fill(peer, corpus, log));
      say(`${packages} ${name}: imported in ${((fills.at(-1)?.ms ?? 0) / 1000).toFixed(1)} s`);
      if (n < imports) continue;
      const figures = await runSeries(peer, corpus, series);
      const limit =
        name === "mini-buildd" ? await measureLimit(peer, packages, work, options.runs) : undefined;
      return { figures: [importFigure(peer, packages, fills), ...figures], limit, peer };
    } finally {
      await peer.close();
      await place.key.close();
      await rm(place.dir, { recursive: true });
    }
  }
}

function importFigure(
  peer: Peer,
  packages: number,
  fills: readonly { ms: number; peakBytes: number }[],
): Figure {
  const about = { kind: "import", packages, peer: peer.name, mode: peer.modes[0], indexSet: "full" } as const;
  const peakBytes = Math.max(...fills.map((fill) => fill.peakBytes));
  return { ...about, time: spreadOf(fills.map(({ ms }) => ms)), peakBytes };
}

async function makePlace(dir: string): Promise<Place> {
  await mkdir(dir, { recursive: true });
  return { dir, key: await makeSigningKey(dir) };
}

async function createPeer(name: PeerName, place: Place): Promise<Peer> {
  if (name === "reprepro") return await createReprepro(place);
  if (name === "aptly") return await createAptly(place);
  return await createOurs(place, checkout);
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
