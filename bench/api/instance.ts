import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { createDaemon, type Daemon, freePort, PROGRAM_ENV, run, waitFor } from "#testing";
import { makeCorpus } from "../archive/corpus/make.ts";

const ARCHITECTURE = "amd64";
/** The second one is there to be looked through in vain. */
const REPOSITORIES = ["bench", "other"] as const;

export interface BenchInstance {
  readonly port: number;
  readonly daemon: Daemon;
  /** A source that it has packages of. */
  readonly source: string;
  close(): Promise<void>;
}

interface Place {
  readonly checkout: string;
  readonly cache: string;
  readonly packages: number;
  readonly profile: string | undefined;
  say(line: string): void;
}

/** @returns a running daemon with repositories, the packages in the first of their distributions */
export async function startBenchInstance({
  checkout,
  cache,
  packages,
  profile,
  say,
}: Place): Promise<BenchInstance> {
  await mkdir(cache, { recursive: true });
  const dir = await mkdtemp(join(cache, "api-"));
  // Copied, as a later build must not change what is measured.
  for (const part of ["bin", "dist"])
    await cp(join(checkout, part), join(dir, "program", part), { recursive: true });
  const program = join(dir, "program/bin/mini-buildd");
  const home = join(dir, "home");
  const [httpPort, ftpPort] = [await freePort(), await freePort()];
  const logFile = join(dir, "daemon.log");
  await writeFile(logFile, "");
  const user = { name: "bench", uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const served = profile === undefined ? program : await makeProfiled(dir, profile);
  const ports = { httpPort, ftpPort };
  const daemon = createDaemon({ program: served, home, identity: "bench", user, logFile, ...ports });
  const command = (...words: readonly string[]) =>
    run(program, words, { env: { ...PROGRAM_ENV, MINI_BUILDD_HOME: home }, timeoutMs: 1_200_000 });
  const close = async () => {
    await daemon.stop();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const corpus = await makeCorpus(cache, packages, (done, of) => say(`packages: ${done} of ${of}`));
    await daemon.start();
    const codename = /^VERSION_CODENAME=(.*)$/m.exec(await readFile("/etc/os-release", "utf8"))?.[1] ?? "";
    say("making repositories, with the archives of this machine's apt");
    await command(
      ...["api", "local", "setup", "--yes", "--archives-from-apt-sources"],
      ...["--distributions", `${codename}:${ARCHITECTURE}`],
      ...["--repositories", REPOSITORIES.map((name) => `${name}/default`).join(",")],
    );
    const list = join(dir, "list");
    await writeFile(list, corpus.packages.map(({ path }) => `${path}\n`).join(""));
    say(`adding ${packages} packages`);
    await command("archive", "add", `${codename}-${REPOSITORIES[0]}-unstable`, `@${list}`);
    await waitUntilIdle(home);
    return { port: httpPort, daemon, source: corpus.packages[0]?.source ?? "", close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** New distributions are published by jobs of their own. */
async function waitUntilIdle(home: string): Promise<void> {
  const db = new Sqlite(join(home, "mini-buildd.sqlite"), { readonly: true, timeout: 10_000 });
  const open = db.prepare("SELECT count(*) FROM job WHERE state IN ('queued', 'leased')").pluck();
  try {
    const timing = { timeoutMs: 600_000, what: "no work is left", pauseMs: 100 };
    await waitFor(() => (open.get() === 0 ? true : undefined), timing);
  } finally {
    db.close();
  }
}

/** A launcher whose program writes a CPU profile when it ends. */
async function makeProfiled(dir: string, profile: string): Promise<string> {
  const launcher = join(dir, "program/bin/profiled");
  const words = ["--cpu-prof", `--cpu-prof-dir=${profile}`, join(dir, "program/dist/mini-buildd.js")];
  const text = `#!/bin/sh\nexec ${process.execPath} ${words.join(" ")} "$@"\n`;
  await writeFile(launcher, text, { mode: 0o755 });
  return launcher;
}
