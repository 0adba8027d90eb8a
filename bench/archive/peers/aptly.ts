import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "#testing";
import type { Corpus } from "../corpus/make.ts";
import type { Command } from "../measure/command.ts";
import {
  ARCHITECTURE,
  DISTRIBUTIONS,
  homeIn,
  type IndexSet,
  type Peer,
  PLAIN_MODE,
  type Place,
} from "./peer.ts";

/** It knows no xz for indices; bzip2 is its second form. */
const FULL = {
  name: "full",
  words: "Packages plain, .gz and .bz2 (it has no .xz), Contents .gz",
  contents: true,
} as const;
const GZIP = { name: "gzip", words: "Packages plain and .gz, Contents .gz", contents: true } as const;
const LIGHT = { name: "light", words: "Packages plain and .gz, no Contents", contents: false } as const;

export async function createAptly(place: Place): Promise<Peer> {
  const { home, env } = await homeIn(place);
  const config = join(place.dir, "aptly.conf");
  const aptly = (args: readonly string[]): Command => ({
    file: "aptly",
    args: [`-config=${config}`, ...args],
    cwd: home,
    env,
  });
  const { first, second } = DISTRIBUTIONS;
  const sign = ["-batch", `-gpg-key=${place.key.fingerprint}`, `-keyring=${place.key.keyring}`];
  const publish = (distribution: string) =>
    aptly(["publish", "repo", ...sign, ...flags(FULL), `-distribution=${distribution}`, distribution]);
  const update = (set: IndexSet, distribution: string) =>
    aptly(["publish", "update", ...sign, ...flags(set), distribution]);
  const add = (distribution: string, corpus: Corpus) => {
    const rest = corpus.rest.length === 0 ? [] : [aptly(["repo", "add", distribution, ...corpus.rest])];
    return corpus.full.length === 0 ? rest : [aptly(["repo", "add", distribution, ...corpus.full]), ...rest];
  };
  return {
    name: "aptly",
    version: /[0-9][0-9.]+/.exec(await run("aptly", ["version"]))?.[0] ?? "unknown",
    configuration: [
      "one component, one architecture beside `all`, no Acquire-By-Hash (its default)",
      "import: `repo add` with the directories, then `publish repo`",
      "add: `repo add` and `publish update`; snapshot: `snapshot create` (which is not published)",
    ],
    indexSets: [FULL, GZIP, LIGHT],
    modes: [PLAIN_MODE],
    enterMode: async () => undefined,
    root: join(home, "public"),
    keyring: place.key.keyring,
    daemons: () => [],
    async create() {
      const settings = { rootDir: home, architectures: [ARCHITECTURE], gpgProvider: "gpg2" };
      await writeFile(config, JSON.stringify(settings));
      for (const name of [first, second]) {
        await run(
          "aptly",
          [...aptly(["repo", "create", `-distribution=${name}`, "-component=main", name]).args],
          { env },
        );
      }
    },
    importAll: async (corpus) => [...add(first, corpus), publish(first)],
    fillSecond: () => [aptly(["repo", "copy", first, second, "Name"]), publish(second)],
    useIndexSet: async (set) => [update(set, first)],
    addOne: (set, added) => [aptly(["repo", "add", first, added.path]), update(set, first)],
    snapshot: (name) => [aptly(["snapshot", "create", name, "from", "repo", first])],
    snapshotPlace: (name) => ({ show: aptly(["snapshot", "show", name]) }),
    floor: () => aptly(["version"]),
    close: async () => undefined,
  };
}

function flags(set: IndexSet): string[] {
  return [`-skip-contents=${!set.contents}`, ...(set.name === FULL.name ? [] : ["-skip-bz2"])];
}
