import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createJobRunner, createWorkTime, type JobContext, type JobKind } from "#jobs";
import { MbdError, silentLog } from "#platform";
import { createEngineSwitch, type EngineSwitch } from "./engine-switch.ts";
import { type Bench, NOW, openBench } from "./test-support.ts";

const ANNA = { kind: "user", name: "anna" } as const;

/** The machine may be busy. */
const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 15_000 });

let bench: Bench;
let engine: EngineSwitch;
let asked: number;
const ends: (() => Promise<void>)[] = [];

beforeEach(async () => {
  bench = await openBench();
  asked = 0;
  const chroots = { remakeDue: async () => (asked += 1) };
  engine = createEngineSwitch({ ...bench, log: silentLog, chroots, workTime: createWorkTime(bench.clock) });
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await bench.db.close();
});

function kindOf(handle: (context: JobContext) => Promise<void>): JobKind {
  return {
    handle,
    ...{ leaseSeconds: 60, heartbeatSeconds: 20, concurrency: 2, maxAttempts: 3 },
    backoffSeconds: () => 0,
  };
}

async function run(kinds: Record<string, JobKind>): Promise<void> {
  const runner = createJobRunner({ ...bench, log: silentLog, owner: "a", kinds, pollMs: 20 });
  ends.push(() => runner.stop());
  await runner.start();
}

const enqueue = (kind: string) => bench.db.write((tx) => bench.queue.enqueue(tx, { kind, subject: "s:1" }));
const told = async () =>
  (await bench.events.after(0)).events.map(({ type, actor, data }) => [type, actor.name, data.state]);

/** A build that runs until it is let go. */
async function beginBuild(): Promise<() => void> {
  let finish = (): void => undefined;
  const build = new Promise<void>((resolve) => {
    finish = resolve;
  });
  await run({ build: engine.building(kindOf(() => build)) });
  await enqueue("build");
  await eventually(() => expect(engine.builds()).toBe(1));
  ends.unshift(async () => finish());
  return finish;
}

describe("draining", () => {
  test("ends with the last build, and says so in the name of who asked", async () => {
    const finish = await beginBuild();

    await engine.stop({ drain: true, actor: ANNA });
    expect(engine.state()).toBe("draining");
    finish();

    await eventually(() => expect(engine.state()).toBe("stopped"));
    expect(await told()).toEqual([
      ["BUILDER", "anna", "draining"],
      ["BUILDER", "anna", "stopped"],
    ]);
  });

  test("is over at once when the engine starts again: the end of a build changes nothing", async () => {
    const finish = await beginBuild();
    await engine.stop({ drain: true, actor: ANNA });

    await engine.start({ forceCheck: false, actor: ANNA });
    finish();

    await eventually(() => expect(engine.builds()).toBe(0));
    expect(engine.state()).toBe("running");
    expect(await told()).toHaveLength(2);
  });
});

describe("a stopped engine", () => {
  test("takes no builds until it is started; other work goes on", async () => {
    const done: string[] = [];
    const kind = (name: string) => kindOf(async () => void done.push(name));
    await engine.stop({ drain: false, actor: ANNA });
    await run({ build: engine.building(kind("build")), publish: kind("publish") });

    await enqueue("build");
    await enqueue("publish");
    await eventually(() => expect(done).toEqual(["publish"]));
    expect(await bench.jobs("build")).toEqual(["queued s:1"]);
    await engine.start({ forceCheck: false, actor: ANNA });

    await eventually(() => expect(done).toEqual(["publish", "build"]));
  });

  test("takes up builds that began before, which are not ended: only those that somebody stops are", async () => {
    const chroots = { remakeDue: async () => undefined };
    const workTime = createWorkTime(bench.clock);
    engine = createEngineSwitch({ ...bench, log: silentLog, chroots, workTime, stopped: true });
    const packaging = await bench.addPackaging(await bench.addUpload());
    const running = await bench.addBuild(packaging, { state: "BUILDING" });
    const waiting = await bench.addBuild(packaging, { arch: "arm64", bkey: "other" });
    const done: string[] = [];
    const kind = kindOf(async ({ job }) => void done.push(job.subject));
    await bench.db.write(async (tx) => {
      for (const id of [waiting, running])
        await bench.queue.enqueue(tx, { kind: "build", subject: `build:${id}` });
    });

    await run({ build: engine.building(kind), publish: kindOf(async () => void done.push("publish")) });

    await eventually(() => expect(done).toEqual([`build:${running}`]));
    await enqueue("publish");
    await eventually(() => expect(done).toEqual([`build:${running}`, "publish"]));
    expect([engine.state(), engine.stateForBuilds()]).toEqual(["stopped", "draining"]);
    await engine.stop({ drain: false, actor: ANNA });
    expect(engine.stateForBuilds()).toBe("stopped");
  });

  test("what it refuses in the midst of a job costs the job no attempt", async () => {
    let tries = 0;
    const port = kindOf(async () => {
      tries += 1;
      if (tries > 1) return;
      await engine.stop({ drain: false, actor: ANNA });
      throw new MbdError("engine_stopped");
    });
    await run({ port: engine.producing(port) });

    await enqueue("port");
    await eventually(() => expect(engine.state()).toBe("stopped"));
    await eventually(async () => expect(await bench.jobs("port")).toEqual(["queued s:1"]));
    const [waiting] = await bench.db.read.selectFrom("job").select("attempt").execute();
    expect(waiting?.attempt).toBe(0);
    await engine.start({ forceCheck: false, actor: ANNA });

    await eventually(async () => expect(await bench.jobs("port")).toEqual(["done s:1"]));
  });

  test("that starts begins to count what it works, once", async () => {
    await engine.stop({ drain: false, actor: ANNA });
    await engine.start({ forceCheck: false, actor: ANNA });
    await engine.start({ forceCheck: false, actor: ANNA });

    const spans = await bench.db.read.selectFrom("work_span").select("began_at").execute();
    expect(spans).toEqual([{ began_at: NOW }]);
  });

  test("stopping it again tells nothing", async () => {
    await engine.stop({ drain: false, actor: ANNA });
    await engine.stop({ drain: true, actor: ANNA });

    expect(await told()).toEqual([["BUILDER", "anna", "stopped"]]);
  });
});

const SOURCE = {
  ...{ origin: "Debian", codename: "bookworm", archives: "[]", keyring: "", match: "{}", description: "" },
  ...{ check_valid_until: 1 as const, remove_from_component: "", state: "active", codeversion: "12" },
  ...{ components: '["main"]', architectures: '["amd64"]' },
};

test("a start with checks asks for those of all sources and of chroots, also when it runs", async () => {
  await bench.db.write((tx) => tx.insertInto("source").values(SOURCE).execute());

  await engine.start({ forceCheck: true, actor: ANNA });

  expect(await bench.jobs("source_check")).toEqual(["queued source:1"]);
  expect(asked).toBe(1);
  expect(await told()).toEqual([]);
});
