import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { tryRun } from "#testing";
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

const FULL = { name: "full", words: "Packages .gz and .xz, Contents .gz", contents: true } as const;
const LIGHT = { name: "light", words: "Packages .gz, no Contents", contents: false } as const;

/** Files given to one command: all of them would not fit on its command line. */
const PER_COMMAND = 5000;

export async function createReprepro(place: Place): Promise<Peer> {
  const { home, env } = await homeIn(place);
  const root = join(place.dir, "archive");
  const reprepro = (args: readonly string[], cwd = root): Command => ({
    file: "reprepro",
    args: ["-b", root, ...args],
    cwd,
    env: { ...env, HOME: home },
  });
  const configure = (set: IndexSet) => writeFile(join(root, "conf/distributions"), distributions(set, place));
  const { first, second } = DISTRIBUTIONS;
  const version = await tryRun("reprepro", ["--version"]);
  return {
    name: "reprepro",
    version: /[0-9][0-9.]+/.exec(version.stdout + version.stderr)?.[0] ?? "unknown",
    configuration: [
      "one component, one architecture beside `all`, no tracking, no log, no hooks, one version of each package",
      "import: `includedeb` with 5,000 files a call and `--export=never`, then one `export`",
      "add: `includedeb`; copy: `copy`; snapshot: `gensnapshot`",
    ],
    indexSets: [FULL, LIGHT],
    modes: [PLAIN_MODE],
    enterMode: async () => undefined,
    root,
    keyring: place.key.keyring,
    daemons: () => [],
    async create() {
      await mkdir(join(root, "conf"), { recursive: true });
      await configure(FULL);
    },
    async importAll({ dir, packages }) {
      // Names from the directory of the files: short ones, so that more of them fit.
      const names = packages.map(({ path }) => relative(dir, path));
      const calls = Array.from({ length: Math.ceil(names.length / PER_COMMAND) }, (_, n) =>
        reprepro(
          ["--export=never", "includedeb", first, ...names.slice(n * PER_COMMAND, (n + 1) * PER_COMMAND)],
          dir,
        ),
      );
      return [...calls, reprepro(["export", first])];
    },
    fillSecond: () => [reprepro(["copymatched", second, first, "*"])],
    async useIndexSet(set) {
      await configure(set);
      return [reprepro(["export", first, second])];
    },
    addOne: (_set, added) => [reprepro(["includedeb", first, added.path])],
    copyOne: (copied) => [reprepro(["copy", second, first, copied.name])],
    snapshot: (name) => [reprepro(["gensnapshot", first, name])],
    snapshotPlace: (name) => ({ distribution: `${first}/snapshots/${name}`, contents: false }),
    floor: () => reprepro(["--version"]),
    close: async () => undefined,
  };
}

/** conf/distributions; reprepro(1). */
function distributions(set: IndexSet, { key }: Place): string {
  const indices = set.contents
    ? ["DebIndices: Packages Release .gz .xz", "Contents: .gz"]
    : ["DebIndices: Packages Release .gz"];
  return Object.values(DISTRIBUTIONS)
    .map((name) =>
      [
        ...["Origin: Benchmark", `Label: ${name}`, `Suite: ${name}`, `Codename: ${name}`],
        ...[`Architectures: ${ARCHITECTURE}`, "Components: main", ...indices, `SignWith: ${key.fingerprint}`],
      ].join("\n"),
    )
    .join("\n\n")
    .concat("\n");
}
