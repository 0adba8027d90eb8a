import { stat } from "node:fs/promises";
import { join } from "node:path";
import { tryRun } from "#testing";
import type { Corpus, CorpusPackage } from "./corpus/make.ts";
import { type Command, timeCommands } from "./measure/command.ts";
import type { Figure, Kind } from "./measure/figures.ts";
import { forgetPeak } from "./measure/process-tree.ts";
import { spreadOf } from "./measure/statistics.ts";
import type { Measure } from "./options.ts";
import { ARCHITECTURE, DISTRIBUTIONS, type IndexSet, type Peer } from "./peers/peer.ts";
import { proveByApt, proveVisible, type Visible } from "./verify.ts";

export interface SeriesOptions {
  /** Packages of the first distribution before any is added. */
  readonly packages: number;
  /** Packages to add; enough of them for all rounds. */
  readonly extras: readonly CorpusPackage[];
  readonly runs: number;
  readonly measures: ReadonlySet<Measure>;
  /** Gets the output of all commands. */
  readonly log: string;
  readonly say: (line: string) => void;
}

/** What has been done to an archive so far: the proofs go by it. */
interface State extends SeriesOptions {
  readonly peer: Peer;
  readonly figures: Figure[];
  readonly added: CorpusPackage[];
  readonly copied: CorpusPackage[];
}

/** Fills an archive; returns what that took. It is proved to be complete. */
export async function fill(
  peer: Peer,
  corpus: Corpus,
  log: string,
): Promise<{ ms: number; peakBytes: number }> {
  await peer.create();
  const commands = await peer.importAll(corpus);
  const { ms, peakBytes = 0 } = await timeCommands(commands, log, { daemons: peer.daemons() });
  const has = [corpus.packages[0], corpus.packages.at(-1)].filter((one) => one !== undefined);
  const visible = visibleIn(peer, DISTRIBUTIONS.first, has, corpus.packages.length, peer.indexSets[0]);
  await proveVisible(visible);
  await proveByApt(visible);
  return { ms, peakBytes };
}

/** Adds single packages to an archive that was filled otherwise. */
export async function runPublishes(peer: Peer, options: SeriesOptions): Promise<Figure[]> {
  const state: State = { ...options, peer, figures: [], added: [], copied: [] };
  for (const mode of peer.modes) {
    await peer.enterMode(mode);
    await publishRounds(state, mode, peer.indexSets[0]);
  }
  return state.figures;
}

/** All measures of a filled archive. */
export async function runSeries(peer: Peer, corpus: Corpus, options: SeriesOptions): Promise<Figure[]> {
  const state: State = { ...options, peer, figures: [], added: [], copied: [] };
  const { measures, log } = options;
  if (measures.has("copy") && peer.copyOne !== undefined) await timeCommands(peer.fillSecond(corpus), log);
  for (const mode of peer.modes) {
    await peer.enterMode(mode);
    await rounds(state, "floor", mode, peer.indexSets[0], async () => [peer.floor()]);
    if (measures.has("publish")) await publishRounds(state, mode, peer.indexSets[0]);
    if (measures.has("copy")) await copyRounds(state, mode);
    if (measures.has("snapshot")) await snapshotRounds(state, mode);
  }
  for (const set of peer.indexSets.slice(1)) {
    if (!measures.has("publish")) continue;
    await timeCommands(await peer.useIndexSet(set), log);
    for (const mode of peer.modes) await publishRounds(state, mode, set);
  }
  return state.figures;
}

async function publishRounds(state: State, mode: string, set: IndexSet): Promise<void> {
  const { peer, added, extras, packages } = state;
  await rounds(
    state,
    "publish",
    mode,
    set,
    async () => {
      const next = extras[added.length];
      if (next === undefined) throw new Error("there are not enough packages to add");
      added.push(next);
      return peer.addOne(set, next);
    },
    () => visibleIn(peer, DISTRIBUTIONS.first, added.slice(-1), packages + added.length, set),
  );
}

async function copyRounds(state: State, mode: string): Promise<void> {
  const { peer, added, copied, packages } = state;
  const { copyOne } = peer;
  if (copyOne === undefined) return;
  await rounds(
    state,
    "copy",
    mode,
    peer.indexSets[0],
    async () => {
      const next = added[copied.length] ?? (await addUntimed(state));
      copied.push(next);
      return copyOne(next);
    },
    () =>
      visibleIn(peer, DISTRIBUTIONS.second, copied.slice(-1), packages + copied.length, peer.indexSets[0]),
  );
}

async function addUntimed({ peer, added, extras, log }: State): Promise<CorpusPackage> {
  const next = extras[added.length];
  if (next === undefined) throw new Error("there are not enough packages to add");
  await timeCommands(peer.addOne(peer.indexSets[0], next), log);
  added.push(next);
  return next;
}

async function snapshotRounds(state: State, mode: string): Promise<void> {
  const { peer, packages, added } = state;
  let name = "";
  await rounds(state, "snapshot", mode, peer.indexSets[0], async () => {
    name = `s${state.figures.length}-${Math.random().toString(36).slice(2, 8)}`;
    return peer.snapshot(name);
  });
  const count = packages + added.length;
  const place = peer.snapshotPlace(name);
  if ("distribution" in place) {
    const { distribution, contents } = place;
    const set = { ...peer.indexSets[0], contents };
    await proveVisible(visibleIn(peer, distribution, added.slice(-1), count, set));
    if (!(await sharesFiles(peer, place.distribution)))
      state.say(`${peer.name}: files were copied for the snapshot`);
  } else {
    const { stdout } = await tryRun(place.show.file, place.show.args, { env: place.show.env });
    if (!stdout.includes(`Number of packages: ${count}`))
      throw new Error(`the snapshot is not whole: ${stdout}`);
  }
}

/** Whether the index of a snapshot is the file of the distribution itself. */
async function sharesFiles(peer: Peer, distribution: string): Promise<boolean> {
  const index = `main/binary-${ARCHITECTURE}/Packages.gz`;
  const [own, other] = [
    await stat(join(peer.root, "dists", distribution, index)),
    await stat(join(peer.root, "dists", DISTRIBUTIONS.first, index)),
  ];
  return own.ino === other.ino && own.dev === other.dev;
}

/** Times the commands of several rounds, proves each, and once more with its memory watched; apt judges the last. */
async function rounds(
  state: State,
  kind: Kind,
  mode: string,
  set: IndexSet,
  prepare: () => Promise<readonly Command[]>,
  visible?: () => Visible,
): Promise<void> {
  const { peer, log, runs, packages } = state;
  const times: number[] = [];
  for (let round = 0; round < runs; round += 1) {
    const { ms } = await timeCommands(await prepare(), log);
    times.push(ms);
    if (visible !== undefined) await proveVisible(visible());
  }
  for (const pid of peer.daemons()) forgetPeak(pid);
  const { peakBytes = 0 } = await timeCommands(await prepare(), log, { daemons: peer.daemons() });
  if (visible !== undefined) await proveByApt(visible());
  const time = spreadOf(times);
  const about = { kind, packages, peer: peer.name, mode, indexSet: set.name };
  state.figures.push({ ...about, time, peakBytes });
  state.say(
    `${packages} ${peer.name} ${mode} ${kind} ${set.name}: ` +
      `${time.median.toFixed(0)} ms (${time.min.toFixed(0)}–${time.max.toFixed(0)}), ${Math.round(peakBytes / 2 ** 20)} MB`,
  );
}

function visibleIn(
  peer: Peer,
  distribution: string,
  has: readonly CorpusPackage[],
  count: number,
  set: IndexSet,
): Visible {
  return { root: peer.root, keyring: peer.keyring, contents: set.contents, distribution, has, count };
}
