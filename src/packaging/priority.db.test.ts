import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { enqueueBuild } from "#builds";
import { priorityOf, setPriority } from "./priority.ts";
import { type Bench, BKEY, NOW, openBench } from "./test-support.ts";

test.each([
  ["an upload", { suite: "unstable" }, 0],
  ["a hotfix", { suite: "hotfix" }, 10],
  ["a port that somebody asked for", { suite: "unstable", port: 0 }, 0],
  ["one for hotfix", { suite: "hotfix", port: 0 }, 10],
  ["an automatic port", { suite: "unstable", port: -10 }, -10],
  ["a test package, even for hotfix", { suite: "hotfix", port: -20 }, -20],
] as const)("the priority of %s", (_what, facts, expected) => {
  expect(priorityOf(facts)).toBe(expected);
});

describe("setPriority", () => {
  let bench: Bench;
  let packaging: number;
  beforeEach(async () => {
    bench = await openBench();
    packaging = await bench.addPackaging(await bench.addUpload(), { priority: 10 });
    const id = await bench.addBuild(packaging);
    await bench.addBuild(packaging, { arch: "arm64", bkey: `${BKEY} arm64`, state: "BUILT", ended_at: NOW });
    await bench.db.write((tx) => enqueueBuild(tx, bench.queue, id));
  });
  afterEach(() => bench.db.close());

  const priorities = async () =>
    (await bench.db.read.selectFrom("job").select("priority").execute()).map(({ priority }) => priority);

  test.each([BKEY, `${BKEY} amd64`])(
    "changes builds that wait and those to come, named by %s",
    async (bkey) => {
      expect(await priorities()).toEqual([10]);

      const answer = await setPriority(bench, bkey, -5);

      expect(answer).toEqual({ bkey: BKEY, priority: -5, builds: 1 });
      expect(await priorities()).toEqual([-5]);
      await bench.db.write((tx) => enqueueBuild(tx, bench.queue, 1));
      expect(await priorities()).toEqual([-5]);
    },
  );

  test("changes what is to be done before and behind the builds", async () => {
    const subject = `packaging:${packaging}`;
    await bench.db.write(async (tx) => {
      for (const kind of ["prepare", "install", "other"]) await bench.queue.enqueue(tx, { kind, subject });
    });

    await setPriority(bench, BKEY, 20);

    const jobs = await bench.db.read.selectFrom("job").select(["kind", "priority"]).orderBy("id").execute();
    expect(jobs.map(({ kind, priority }) => `${kind} ${priority}`)).toEqual([
      "build 20",
      "prepare 20",
      "install 20",
      "other 0",
    ]);
  });

  test("is refused for what has ended or is not there", async () => {
    const change = { state: "INSTALLED", ended_at: NOW };
    await bench.db.write((tx) => tx.updateTable("packaging").set(change).execute());

    await expect(setPriority(bench, BKEY, 1)).rejects.toMatchObject({ code: "finished" });
    await expect(setPriority(bench, BKEY.replace("hello", "hi"), 1)).rejects.toMatchObject({
      code: "not_found",
    });
  });
});
