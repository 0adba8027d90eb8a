import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import type { ReleaseInput } from "#archive";
import { isoNow } from "#platform";
import { takePublish, wantPublish } from "../../../src/archive/suites/index.ts";
import { makeDistributions } from "./distributions.ts";
import { type Order, REPOSITORY, type SetupOrder, type WorkOrder } from "./driver-protocol.ts";
import { type Engine, openEngine } from "./engine.ts";
import { createOperations } from "./operations.ts";

/** Lines for the test; written at once, as this process may be killed at any instant. */
function say(what: string, text = ""): void {
  writeSync(1, `${what} ${text}\n`);
}

async function setUp(engine: Engine, order: SetupOrder): Promise<void> {
  const { blobs } = engine;
  const store = async (path: string) => ({
    name: path.slice(path.lastIndexOf("/") + 1),
    ...(await blobs.putFile(path)),
  });
  const releases: ReleaseInput[] = [];
  for (const made of order.releases) {
    releases.push({
      repository: "test",
      component: made.component,
      dsc: await store(made.dsc),
      sourceFiles: await Promise.all(made.sourceFiles.map(store)),
      debs: await Promise.all(made.debs.map(store)),
      buildinfos: [],
      changes: [],
      bkey: `${made.source}/${made.version}/20240101000000/test`,
    });
  }
  await makeDistributions(engine);
  await engine.published();
  say("result", JSON.stringify(releases));
}

async function work(engine: Engine, order: WorkOrder): Promise<void> {
  const next = createOperations(engine, order);
  for (let changes = 0; changes < (order.changes ?? Number.POSITIVE_INFINITY); changes += 1) {
    const begun = performance.now();
    const done = await next((name) => say("begin", name));
    await engine.published();
    say("done", `${done} ${Math.round(performance.now() - begun)}`);
  }
}

/** Nothing changes, but what a kill left of the last publish of a distribution is tidied up, too. */
async function publishOnceMore({ db, queue, clock, published }: Engine): Promise<void> {
  const rows = await db.read.selectFrom("archive_distribution").selectAll().execute();
  await db.write(async (tx) => {
    const change = { repository: REPOSITORY, time: isoNow(clock), cause: "nothing" };
    await wantPublish(tx, queue, rows, await takePublish(tx, change));
  });
  await published();
}

async function main(order: Order): Promise<void> {
  const killAt = order.mode === "work" ? order.killAt : undefined;
  let times = 0;
  const engine = await openEngine(order, (step) => {
    say("step", step);
    if (step !== killAt?.step) return;
    times += 1;
    if (times === killAt.time) process.kill(process.pid, "SIGKILL");
  });
  await engine.runner.start();
  if (order.mode === "setup") await setUp(engine, order);
  else if (order.mode === "work") await work(engine, order);
  await engine.published();
  if (order.mode === "finish") await publishOnceMore(engine);
  await engine.close();
}

say("ready");
const lines = createInterface({ input: process.stdin });
lines.once("line", (line) => {
  lines.close();
  main(JSON.parse(line) as Order).catch((error: unknown) => {
    say("failed", error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 1;
  });
});
