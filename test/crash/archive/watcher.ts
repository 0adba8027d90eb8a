import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createAptJudge } from "#testing";
import { COMPONENTS, WATCHED } from "./driver-protocol.ts";
import { type Observation, observe } from "./observe.ts";

/** An apt client that updates all the time and remembers what it saw. */
export interface Watcher {
  readonly name: string;
  readonly updates: number;
  readonly downloads: number;
  readonly objections: readonly string[];
  /** By distribution, in order; what did not change is there once. */
  readonly seen: ReadonlyMap<string, readonly Observation[]>;
  stop(): Promise<void>;
}

export const CONTENTS_TARGET = `Acquire::IndexTargets::deb::Contents-deb {
  MetaKey "$(COMPONENT)/Contents-$(ARCHITECTURE)"; ShortDescription "Contents-$(ARCHITECTURE)";
  Description "$(RELEASE)/$(COMPONENT) $(ARCHITECTURE) Contents (deb)"; KeepCompressed "false";
};
Acquire::IndexTargets::deb::Installer {
  MetaKey "$(COMPONENT)/debian-installer/binary-$(ARCHITECTURE)/Packages"; ShortDescription "Installer";
  Description "$(RELEASE)/$(COMPONENT) $(ARCHITECTURE) Packages (udeb)"; Optional "true";
};
`;

/** One update in so many also fetches packages, and every other begins without indices. */
const DOWNLOAD_EACH = 5;

export interface WatcherOptions {
  readonly name: string;
  /** Archive root as apt knows it. */
  readonly url: string;
  readonly keyring: string;
  readonly architecture: string;
}

export async function startWatcher(options: WatcherOptions): Promise<Watcher> {
  const { name, url, keyring, architecture } = options;
  const judge = await createAptJudge(
    `APT::Architecture "${architecture}"; APT::Architectures "${architecture}";\n${CONTENTS_TARGET}`,
  );
  await judge.setSources(
    `Types: deb deb-src\nURIs: ${url}\nSuites: ${WATCHED.join(" ")}\nComponents: ${COMPONENTS.join(" ")}\nSigned-By: ${keyring}\n`,
  );
  const objections: string[] = [];
  const seen = new Map<string, Observation[]>(WATCHED.map((distribution) => [distribution, []]));
  const state = { updates: 0, downloads: 0, stopped: false };

  async function look(): Promise<string[]> {
    const packages: string[] = [];
    for (const distribution of WATCHED) {
      const lists = join(judge.root, "lists");
      const observation = await observe(lists, distribution, COMPONENTS, architecture);
      if (observation === undefined) continue;
      const before = seen.get(distribution) ?? [];
      const last = before.at(-1);
      if (last?.content !== observation.content || last.date !== observation.date) before.push(observation);
      packages.push(...[...observation.content.matchAll(/^\S+ deb (\S+)/gm)].map(([, each]) => each ?? ""));
    }
    return packages;
  }
  async function download(packages: readonly string[]): Promise<void> {
    const dir = join(judge.root, "downloads");
    await mkdir(dir, { recursive: true });
    const ran = await judge.run("sh", [
      "-c",
      'cd downloads && exec apt-get -q=0 download "$@"',
      "sh",
      ...packages,
    ]);
    const text = `${ran.stdout}${ran.stderr}`;
    if (ran.exitCode !== 0 || /^[WEN]:/m.test(text)) objections.push(`download ${state.updates}: ${text}`);
    else state.downloads += packages.length;
    await rm(dir, { recursive: true });
  }
  async function once(): Promise<void> {
    if (state.updates % 2 === 0) await judge.forget();
    const { exitCode, complaints, output } = await judge.update();
    state.updates += 1;
    if (exitCode !== 0 || complaints.length > 0) {
      objections.push(`update ${state.updates}: ${output}`);
      return;
    }
    const packages = await look();
    if (state.updates % DOWNLOAD_EACH === 0 && packages.length > 0) await download([...new Set(packages)]);
  }
  async function loop(): Promise<void> {
    while (!state.stopped) {
      await once().catch((error: unknown) => objections.push(`update ${state.updates}: ${String(error)}`));
    }
  }
  const running = loop();
  return {
    name,
    objections,
    seen,
    get updates() {
      return state.updates;
    },
    get downloads() {
      return state.downloads;
    },
    async stop() {
      state.stopped = true;
      await running;
      await judge.close();
    },
  };
}
