import { randomInt } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createPackages, type Instance, okCli, type Packages, startInstance, waitFor } from "#testing";

// kill -9 while ports are made: none is lost, none is made twice. Nothing is built here.
const KILLS = Number(process.env.MBD_KILLS ?? 5);
/** A port takes about so long. */
const SPREAD_MS = 2000;

vi.setConfig({ testTimeout: 120_000 + 4 * KILLS * 60_000 });

let instance: Instance;
let packages: Packages;

beforeAll(async () => {
  instance = await startInstance({ chroot: false });
  packages = await createPackages(instance);
});
afterAll(async () => {
  await packages?.close();
  await instance?.close();
});

test("every port that was answered becomes one packaging, whenever the daemon dies", async () => {
  const made = await packages.make({ name: "mbd-killed" });
  await okCli(instance.cli(["archive", "add", made.distribution, made.dsc]));
  const question = {
    ...{ source: made.source, from_distribution: made.distribution, options: ["lintian-mode=DISABLED"] },
    to_distributions: [made.distribution],
  };
  const bkeys: string[] = [];
  let hits = 0;
  for (let kill = 0; hits < KILLS && kill < 4 * KILLS; kill += 1) {
    const [answer] = (await instance.api("port", question)) as { bkey?: string }[];
    const bkey = answer?.bkey ?? "";
    bkeys.push(bkey);
    await delay(randomInt(SPREAD_MS));
    await instance.daemon.kill9();
    // Too late for a port that had ended.
    hits += instance.rows("SELECT bkey FROM port_request WHERE bkey = ? AND state = 'open'", bkey).length;
    await instance.daemon.start();
    await waitFor(
      () => (instance.rows("SELECT id FROM packaging WHERE bkey = ?", bkey).length === 1 ? true : undefined),
      { timeoutMs: 60_000, what: `${bkey} is a packaging`, pauseMs: 50 },
    );
  }

  expect(hits).toBeGreaterThan(0);
  const uploads = instance.rows("SELECT reserved_bkey, state FROM upload ORDER BY id");
  expect(uploads).toEqual(bkeys.map((reserved_bkey) => ({ reserved_bkey, state: "ACCEPTED" })));
  const told = (await instance.events()).filter(({ type }) => type === "PORTED");
  expect(told.map(({ bkey, data }) => [bkey, data.error])).toEqual(bkeys.map((bkey) => [bkey, undefined]));
  const left = (await readdir(join(instance.home, "work"))).filter((name) => /^(port|source)-/.test(name));
  expect(left).toEqual([]);
});
