import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { PROGRAM_ENV } from "#testing";
import type { Corpus, CorpusPackage } from "../corpus/make.ts";
import type { Command } from "../measure/command.ts";
import type { SigningKey } from "./key.ts";

/** Distributions of each archive: packages come into the first and go on to the second. */
export const DISTRIBUTIONS = { first: "bookworm-bench-unstable", second: "bookworm-bench-testing" } as const;
export const ARCHITECTURE = "amd64";

/** How many indices an archive writes. */
export interface IndexSet {
  readonly name: string;
  readonly words: string;
  /** Whether it has Contents, which a proof then looks into. */
  readonly contents: boolean;
}

/** A program that keeps an archive, driven by its own commands. */
export interface Peer {
  readonly name: string;
  /** Of its program, as it says itself. */
  readonly version: string;
  /** How it is set up, for readers who want to judge whether that is fair. */
  readonly configuration: readonly string[];
  /** The one compared with ours first; others follow. */
  readonly indexSets: readonly [IndexSet, ...IndexSet[]];
  /** Ways to run its commands, where there are several. */
  readonly modes: readonly [string, ...string[]];
  /** Directory with `dists/` and `pool/`, as clients see it. */
  readonly root: string;
  /** Public key of its signatures. */
  readonly keyring: string;
  /** Processes that serve its commands; empty when there are none. */
  daemons(): readonly number[];
  /** From now on its commands run like this. */
  enterMode(mode: string): Promise<void>;
  /** An archive with both distributions, without packages. Not timed. */
  create(): Promise<void>;
  /** Takes all packages into the first distribution, which clients then see. */
  importAll(corpus: Corpus): Promise<readonly Command[]>;
  /** Gets the packages of the first into the second distribution. Not timed. */
  fillSecond(corpus: Corpus): readonly Command[];
  /** Makes it write another set of indices from now on. Not timed. */
  useIndexSet(set: IndexSet): Promise<readonly Command[]>;
  /** Adds a package to the first distribution, visible to clients. */
  addOne(set: IndexSet, added: CorpusPackage): readonly Command[];
  /** Copies a package from the first into the second distribution; absent where it is not measured. */
  copyOne?(copied: CorpusPackage): readonly Command[];
  /** Keeps the state of the first distribution under a name. */
  snapshot(name: string): readonly Command[];
  /** Where clients find a snapshot below `dists/`, or what says how many packages one has that is not published. */
  snapshotPlace(name: string): SnapshotPlace | { readonly show: Command };
  /** The shortest command of the program: what starting it costs. */
  floor(): Command;
  /** Ends what it started. */
  close(): Promise<void>;
}

export interface SnapshotPlace {
  readonly distribution: string;
  /** Whether it has Contents too. */
  readonly contents: boolean;
}

/** For programs that can be run in one way only. */
export const PLAIN_MODE = "command";

export interface Place {
  /** For the peer alone. */
  readonly dir: string;
  readonly key: SigningKey;
}

export async function homeIn(place: Place): Promise<{ home: string; env: Readonly<Record<string, string>> }> {
  const home = join(place.dir, "home");
  await mkdir(home, { recursive: true });
  return { home, env: { ...PROGRAM_ENV, HOME: home, GNUPGHOME: place.key.gnupgHome } };
}
