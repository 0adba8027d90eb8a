import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PUBLISH_STEPS } from "#archive";
import { waitFor } from "#testing";
import { createTestHttp, type TestHttp } from "../../../src/http/testing.ts";
import { type CrashHome, createCrashHome } from "./crash-home.ts";
import type { Driver, Ended } from "./driver-process.ts";
import { WATCHED, type WorkOrder } from "./driver-protocol.ts";
import { findMixtures } from "./mixtures.ts";
import { createRandom } from "./random.ts";
import { statesOf } from "./states.ts";
import { startWatcher, type Watcher } from "./watcher.ts";
import { findBroken } from "./whole.ts";

const ARCHITECTURE = "amd64";
const HOUR_MS = 3_600_000;
/** When the others were replaced more than an hour before the last publish: the current one, and those for slow readers. */
const GENERATIONS_KEPT = 3;
/** One kill in so many comes from outside; no divisor of the number of steps, so that each step has its turn. */
const OUTSIDE_EACH = 5;
/** At any instant of a start, or of about two changes. */
const OUTSIDE_MS = 600;

/**
 * The engine is killed at every step of a publish, and from outside at any instant, and taken up by a new process each
 * time, while real apt clients update over HTTP and from the directory: they see whole states only, and never an error.
 * Each process lives an hour after the one before, so that what is kept for a day goes, too.
 */
export function describeArchiveCrashes(kills: number): void {
  const seed = Number(process.env.MBD_SEED ?? 1);
  const begin = Date.now() - (kills + 3) * HOUR_MS;
  const at = (round: number) => new Date(begin + round * HOUR_MS).toISOString();
  const random = createRandom(seed);
  const killed = new Map<string, number>();
  const done = new Map<string, number>();
  const problems: string[] = [];
  let home: CrashHome;
  let server: TestHttp;
  let watchers: Watcher[] = [];

  beforeAll(async () => {
    home = await createCrashHome(new Date(begin));
    server = await createTestHttp({ repositoriesDir: join(home.home, "repositories") });
    const { port } = await server.http.start({ listen: "127.0.0.1", port: 0, socket: server.socket });
    const common = { keyring: home.keyring, architecture: ARCHITECTURE };
    const urls = { http: `http://127.0.0.1:${port}/repositories/test/`, file: `file:${home.root}/` };
    watchers = await Promise.all(
      Object.entries(urls).map(([name, url]) => startWatcher({ name, url, ...common })),
    );
  });

  afterAll(async () => {
    await Promise.all(watchers.map((watcher) => watcher.stop()));
    await server?.close();
    await home?.close();
  });

  function orderOf(number: number, outside: boolean): WorkOrder {
    const step = PUBLISH_STEPS[number % PUBLISH_STEPS.length] ?? "claimed";
    return {
      ...home.common,
      ...{ mode: "work", now: at(number), releases: home.releases, seed: seed * 100_000 + number },
      ...(outside ? {} : { killAt: { step, time: 1 + random.below(3) } }),
    };
  }

  async function round(driver: Driver, number: number): Promise<void> {
    const outside = number % OUTSIDE_EACH === 0;
    const order = orderOf(number, outside);
    let last = "start";
    let began: () => void = () => undefined;
    const atWork = new Promise<void>((resolve) => {
      began = resolve;
    });
    const running = driver.run(order, (line) => {
      last = line.trim();
      if (/^(?:begin|step) /.test(line)) began();
    });
    if (outside) {
      // Half of them find the process at work for sure.
      if (random.below(2) === 0) await Promise.race([atWork, running]);
      await delay(random.below(OUTSIDE_MS));
      driver.kill();
    }
    const place = () =>
      outside ? `outside, after ${last.replace(/ \d+$/, "")}` : `at ${order.killAt?.step}`;
    note(`round ${number}`, await running, place);
  }

  function note(round: string, { signal, lines, complaints }: Ended, placeOf: () => string): void {
    const place = placeOf();
    killed.set(place, (killed.get(place) ?? 0) + 1);
    for (const line of lines) {
      const name = /^done (\S+)/.exec(line)?.[1];
      if (name !== undefined) done.set(name, (done.get(name) ?? 0) + 1);
    }
    if (signal !== "SIGKILL") problems.push(`${round} (${place}) ended by itself`);
    problems.push(...complaints.map((line) => `${round} (${place}): ${line}`));
  }

  test(`${kills} kills, and no client saw anything but whole states`, async () => {
    const begun = performance.now();
    let next = home.startDriver();
    for (let number = 0; number < kills; number += 1) {
      const driver = next;
      next = home.startDriver();
      await round(driver, number);
    }
    const seconds = (performance.now() - begun) / 1000;
    // So much later that generations of the last rounds go, too.
    const finish = { ...home.common, mode: "finish", now: at(kills + 1) } as const;
    const last = await next.run(finish);
    await Promise.all(watchers.map((watcher) => anotherUpdate(watcher)));
    await Promise.all(watchers.map((watcher) => watcher.stop()));

    process.stdout.write(`${figures(seconds)}\n`);
    expect(last).toMatchObject({ exitCode: 0, complaints: [] });
    expect(problems).toEqual([]);
    expect(findBroken(home.root, GENERATIONS_KEPT)).toEqual([]);
    const database = join(home.home, "mini-buildd.sqlite");
    for (const distribution of WATCHED) {
      const states = statesOf(database, distribution, ARCHITECTURE);
      for (const watcher of watchers) {
        const seen = watcher.seen.get(distribution) ?? [];
        expect(findMixtures(states, seen)).toEqual([]);
        expect(seen.at(-1)?.content).toBe(states.at(-1)?.content);
        expect(new Set(seen.map(({ content }) => content)).size).toBeGreaterThan(1);
      }
    }
    expect(watchers.flatMap(({ objections }) => objections)).toEqual([]);
  });

  /** So many that at least one began after now, and one of them without indices. */
  async function anotherUpdate(watcher: Watcher): Promise<void> {
    const before = watcher.updates;
    await waitFor(() => (watcher.updates > before + 2 ? true : undefined), {
      ...{ timeoutMs: 60_000, what: "apt goes on updating" },
    });
  }

  function figures(seconds: number): string {
    const table = (counts: ReadonlyMap<string, number>) =>
      [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `  ${name}: ${count}`);
    const seen = (watcher: Watcher) => [...watcher.seen.values()].reduce((sum, each) => sum + each.length, 0);
    return [
      `${kills} kills in ${seconds.toFixed(0)} s (seed ${seed}):`,
      ...table(killed),
      "changes that came through in the same process:",
      ...table(done),
      ...watchers.map(
        (watcher) =>
          `apt by ${watcher.name}: ${watcher.updates} updates, ${watcher.downloads} packages fetched, ${seen(watcher)} states seen, ${watcher.objections.length} errors`,
      ),
    ].join("\n");
  }
}
