import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createDaemon, type Daemon, freePort, run } from "#testing";
import type { Command } from "../measure/command.ts";
import { ARCHITECTURE, DISTRIBUTIONS, homeIn, type Peer, type Place } from "./peer.ts";

const FULL = { name: "full", words: "Packages .gz and .xz, Contents .gz, by-hash", contents: true } as const;
export const WITH_DAEMON = "with the daemon";
export const WITHOUT_DAEMON = "without a daemon";

/** Home of the instance that is measured. */
export function homeOfOurs(place: Pick<Place, "dir">): string {
  return join(place.dir, "mbd");
}

/** @param checkout where the built program is; it is copied, as a later build must not change what is measured */
export async function createOurs(place: Place, checkout: string): Promise<Peer> {
  const { home: homeOfUser, env } = await homeIn(place);
  const program = join(place.dir, "program");
  for (const part of ["bin", "dist"])
    await cp(join(checkout, part), join(program, part), { recursive: true });
  const launcher = join(program, "bin/mini-buildd");
  const home = homeOfOurs(place);
  const list = join(place.dir, "list");
  const keyring = join(place.dir, "keyring.gpg");
  const { first, second } = DISTRIBUTIONS;
  const archive = (...args: readonly string[]): Command => ({
    file: launcher,
    args: ["archive", ...args, "--home", home],
    cwd: homeOfUser,
    env,
  });
  let running = false;
  const daemon = await prepareDaemon(launcher, home, place.dir);
  return {
    name: "mini-buildd",
    version: (await run(launcher, ["--version"], { env })).trim(),
    configuration: [
      "one component, one architecture beside `all`, no rollbacks, SQLite; every file is fsynced before it is shown",
      "import: `archive add DISTRIBUTION @LIST`; add: `archive add`; copy: `archive copy`; snapshot: `archive snapshot`",
    ],
    indexSets: [FULL],
    modes: [WITHOUT_DAEMON, WITH_DAEMON],
    root: join(home, "repositories/bench"),
    keyring,
    daemons: () => (running ? [daemon.pid] : []),
    async enterMode(mode) {
      if (mode === WITH_DAEMON) await daemon.start();
      else await daemon.stop();
      running = mode === WITH_DAEMON;
    },
    async create() {
      await mkdir(home, { recursive: true });
      // The daemon of a benchmark has a name of its own, which a home gets at its first start.
      await daemon.start();
      await daemon.stop();
      for (const name of [first, second]) {
        const init = archive(
          "init",
          name,
          "--component",
          "main",
          "--architecture",
          ARCHITECTURE,
          "--rollbacks",
          "0",
        );
        await run(init.file, init.args, { env });
      }
      await run("gpg", [
        "--homedir",
        join(home, "gnupg"),
        "--batch",
        "--yes",
        "--output",
        keyring,
        "--export",
      ]);
    },
    async importAll({ packages }) {
      await writeFile(list, packages.map(({ path }) => `${path}\n`).join(""));
      return [archive("add", first, `@${list}`)];
    },
    fillSecond: () => [archive("copy", first, second, "--full")],
    useIndexSet: async () => [],
    addOne: (_set, added) => [archive("add", first, added.path)],
    copyOne: (copied) => [archive("copy", first, second, copied.source)],
    snapshot: (name) => [archive("snapshot", "create", first, name)],
    snapshotPlace: (name) => ({ distribution: `${first}/snapshots/${name}`, contents: true }),
    floor: () => archive("--help"),
    close: () => daemon.stop(),
  };
}

async function prepareDaemon(program: string, home: string, dir: string): Promise<Daemon> {
  const [httpPort, ftpPort] = [await freePort(), await freePort()];
  const logFile = join(dir, "daemon.log");
  await writeFile(logFile, "");
  const user = { name: "bench", uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  return createDaemon({ program, home, identity: "bench", user, logFile, httpPort, ftpPort });
}
