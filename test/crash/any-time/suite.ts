import { readdir, utimes } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventView } from "#events";
import { createBlobStore, exists, homeAt } from "#platform";
import {
  type AptJudge,
  type AptLoop,
  createAptJudge,
  createPackages,
  type Instance,
  type Packages,
  SANDBOX,
  startAptLoop,
  startInstance,
  waitFor,
  waitForPublished,
} from "#testing";
import { createRandom, type Random } from "../archive/random.ts";
import { createDeveloper, type Developer } from "./developer.ts";

export interface AnyTimeOptions {
  readonly kills: number;
  readonly seed: number;
  /** How many people work at once, each on a source of their own. */
  readonly developers: number;
}

/** Between two kills, at most. */
const LIFE_MS = 8000;
/** One of so many daemons dies while it starts. */
const STILLBORN = 10;
const START_MS = 1500;
const ENDS: readonly string[] = ["INSTALLED", "FAILED", "REJECTED", "CANCELLED"];

/**
 * kill -9 at any time (pipeline.md 1), while several people upload, migrate, remove and port: each gets what they asked
 * for, every upload has one end, nothing is left lying about, and apt sees nothing but a daemon that is away.
 */
export function describeKillsAtAnyTime({ kills, seed, developers: many }: AnyTimeOptions): void {
  const random = createRandom(seed);
  let instance: Instance;
  let packages: Packages;
  let apt: AptLoop;
  let judge: AptJudge;
  let developers: readonly Developer[] = [];

  beforeAll(async () => {
    instance = await startInstance();
    packages = await createPackages(instance);
    judge = await createAptJudge();
    const [codenames, suites] = [instance.codename, ["unstable", "testing", "experimental"]];
    const text = String(await instance.api("sources_list", { codenames, repositories: SANDBOX, suites }));
    const sources = text.replace(/^URIs: http:\/\/[^/]+/gm, `URIs: ${instance.url}`);
    await judge.setSources(sources);
    apt = await startAptLoop(sources);
    developers = Array.from({ length: many }, (_, index) =>
      createDeveloper(`mbd-any${index + 1}`, { instance, packages, random: createRandom(seed + index + 1) }),
    );
  });
  afterAll(async () => {
    await apt?.stop();
    await judge?.close();
    await packages?.close();
    await instance?.close();
  });

  test(`${kills} kills, seed ${seed}: everybody gets what they asked for`, async () => {
    let over = false;
    const work = developers.map(async (developer) => {
      do await developer.round();
      while (!over);
    });
    const killing = killAtAnyTime(instance, apt, { kills, random, isOver: () => over });
    // Whoever finds something wrong ends it all.
    await Promise.race([killing, ...work.map((each) => each.then(() => killing))]).finally(() => {
      over = true;
    });
    await Promise.all(work);

    const count = (what: "migrations" | "removals" | "ports") =>
      developers.reduce((sum, { counts }) => sum + counts[what], 0);
    const sent = developers.flatMap((developer) => developer.sent);
    process.stdout.write(
      `${kills} kills (seed ${seed}): ${sent.length} uploads, ${count("migrations")} migrations, ` +
        `${count("removals")} removals, ${count("ports")} ports; ${apt.updates} updates of apt, ` +
        `${apt.down} of them with nobody there\n`,
    );
    for (const developer of developers) expect(developer.sent.length).toBeGreaterThan(0);
  });

  test("every upload and every port has one end", async () => {
    const open = "SELECT count(*) AS n FROM packaging WHERE state IN ('QUEUED', 'BUILDING', 'INSTALLING')";
    expect(instance.rows(open)).toEqual([{ n: 0 }]);
    const events = await allEvents(instance);
    const ends = events.filter(({ type }) => ENDS.includes(type));
    for (const { made, end } of developers.flatMap((developer) => developer.sent)) {
      const uploads = instance.rows(
        "SELECT id, state FROM upload WHERE changes_name = ? ORDER BY id",
        basename(made.changes),
      );
      expect(uploads.length, made.version).toBeGreaterThan(0);
      // Sent again by somebody who got no answer: told so, and nothing else.
      const again = uploads.slice(1).map(({ id }) => Number(id));
      const mine = ends.filter((event) => event.source === made.source && event.version === made.version);
      const first = mine.filter(({ upload }) => !again.includes(upload ?? 0));
      expect(
        first.map(({ type }) => type),
        made.version,
      ).toEqual([end]);
      for (const id of again) {
        const told = mine.filter(({ upload }) => upload === id);
        expect(
          told.map(({ type }) => type),
          `upload ${id}`,
        ).toEqual(["REJECTED"]);
      }
    }
    const ports = developers.flatMap((developer) => developer.ports);
    const ended = ports.map((bkey) => ends.filter((event) => event.bkey === bkey).map(({ type }) => type));
    expect(ended).toEqual(ports.map(() => ["INSTALLED"]));
    const requests = instance.rows("SELECT bkey, state FROM port_request ORDER BY created_at");
    expect(requests.map(({ bkey }) => String(bkey)).sort()).toEqual([...ports].sort());
  });

  test("no build was lost: each was made once, or again because its daemon died before it knew of it", () => {
    const builds = instance.rows("SELECT id, state, attempt, reason FROM build");
    expect(builds.filter(({ state }) => !["BUILT", "FAILED"].includes(String(state)))).toEqual([]);
    expect(builds.filter(({ reason }) => reason !== null && reason !== "package")).toEqual([]);
    const again = builds.filter(({ attempt }) => Number(attempt) > 1);
    process.stdout.write(`${builds.length} builds, ${again.length} of them begun anew\n`);
    expect(again.length).toBeLessThan(Math.max(2, builds.length / 4));
  });

  test("the archive is whole, and apt sees what everybody made of it", async () => {
    await waitForPublished(instance);
    const check = await instance.cli(["archive", "check"]);
    expect(check.exitCode, `${check.stdout}${check.stderr}`).toBe(0);
    expect(await judge.update()).toMatchObject({ exitCode: 0, complaints: [] });
    for (const { source, held } of developers) {
      const shown = (await judge.run("apt-cache", ["show", source])).stdout;
      const seen = new Set([...shown.matchAll(/^Version: (.*)$/gm)].map(([, version]) => version));
      expect(seen, source).toEqual(new Set(held.values()));
    }
    const updates = apt.updates;
    await waitFor(() => (apt.updates > updates + 1 ? true : undefined), {
      timeoutMs: 60_000,
      what: "apt goes on updating",
    });
    expect(await apt.stop()).toEqual([]);
  });

  test("nothing is left lying about", async () => {
    const lying = async (dir: string) => await readdir(join(instance.home, dir));
    const open = "SELECT kind, subject, state FROM job WHERE state IN ('queued', 'leased') AND run_after < ?";
    await waitFor(
      async () => {
        const jobs = instance.rows(open, new Date().toISOString());
        return jobs.length === 0 && (await lying("work")).length === 0 ? true : undefined;
      },
      { timeoutMs: 60_000, what: "all jobs are done and the work directory is empty" },
    );

    // A kill within a transfer leaves its mark, by which the clean-up of another day finds what came.
    await makeOld(instance, await lying("incoming"));
    await instance.restart();
    await waitFor(async () => ((await lying("incoming")).length === 0 ? true : undefined), {
      ...{ timeoutMs: 60_000, what: "what broken transfers left is cleaned up" },
    });
    expect(instance.rows("SELECT id FROM job WHERE state = 'dead'")).toEqual([]);
  });
}

/** Marks of received content, and the content. */
async function makeOld({ home }: Instance, marks: readonly string[]): Promise<void> {
  const { incoming, store } = homeAt(home);
  const blobs = createBlobStore(store);
  for (const mark of marks) {
    for (const path of [join(incoming, mark), blobs.path(mark)]) {
      if (await exists(path)) await utimes(path, 0, 0);
    }
  }
}

interface Killing {
  readonly kills: number;
  readonly random: Random;
  isOver(): boolean;
}

async function killAtAnyTime(
  { daemon }: Instance,
  apt: AptLoop,
  { kills, random, isOver }: Killing,
): Promise<void> {
  for (let done = 0; done < kills && !isOver(); done += 1) {
    await delay(random.below(LIFE_MS));
    await apt.away(async () => {
      await daemon.kill9();
      if (random.below(STILLBORN) === 0) {
        const starting = daemon.start().catch(() => undefined);
        await delay(random.below(START_MS));
        await daemon.kill9();
        await starting;
      }
      await daemon.start();
    });
  }
}

const PAGE = 1000;

async function allEvents(instance: Instance): Promise<EventView[]> {
  const all: EventView[] = [];
  for (;;) {
    const page = await instance.events(all.at(-1)?.id ?? 0);
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}
