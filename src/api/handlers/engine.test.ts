import { describe, expect, test } from "vitest";
import type { Principal } from "#accounts";
import type { Given } from "../index.ts";
import { createStart, createStop, type EngineDeps, type EngineView } from "./engine.ts";
import { createFakeInstance } from "./testing.ts";

const ADMIN: Principal = { level: "ADMIN", kind: "user", name: "anna" };

async function invoke(instance: ReturnType<typeof createFakeInstance>, name: string, given = {}) {
  const options = { principal: ADMIN, client: "-", confirm: name };
  return await instance.invoker.invoke(name, given as Record<string, Given>, options);
}

test("calls that need the engine wait for its start", async () => {
  const instance = createFakeInstance();
  const bkey = "hello/2.10-3~test12+1/20240102T030000Z/source";

  expect(await invoke(instance, "stop")).toMatchObject({ result: { state: "stopped" } });
  await expect(invoke(instance, "cancel", { bkey })).rejects.toMatchObject({ code: "engine_stopped" });
  expect(await invoke(instance, "start")).toMatchObject({ result: { state: "running" } });

  expect(await invoke(instance, "cancel", { bkey })).toMatchObject({ state: "done" });
});

describe("the plan says what would happen to builds", () => {
  const context = { principal: ADMIN, client: "-", given: {} };
  const depsOf = (view: EngineView): EngineDeps => ({
    view: () => view,
    waiting: async () => 1,
    start: async () => undefined,
    stop: async () => undefined,
  });

  test.each<[EngineView["state"], number, boolean, string]>([
    ["running", 2, false, "2 running builds are cancelled and queued again, without counting an attempt."],
    ["running", 1, true, "1 running build is awaited."],
    ["draining", 2, true, "drains already: nothing changes, 2 running builds are awaited."],
    ["draining", 1, false, "1 running build is cancelled and queued again"],
    ["stopped", 0, false, "stopped already: nothing changes."],
  ])("stop when %s with %i builds, drain %s", async (state, builds, drain, words) => {
    const plan = await createStop(depsOf({ state, builds })).plan?.({ drain }, context);

    expect(plan).toEqual([expect.stringContaining(words)]);
  });

  test.each<[EngineView["state"], boolean, string[]]>([
    ["running", false, ["The engine runs already: nothing changes."]],
    ["running", true, ["Check all sources", "The engine runs already"]],
    ["stopped", false, ["Accept uploads again and begin builds; 1 build waits."]],
    ["draining", true, ["Check all sources", "Accept uploads again"]],
  ])("start when %s, with checks %s", async (state, force_check, words) => {
    const plan = await createStart(depsOf({ state, builds: 0 })).plan?.({ force_check }, context);

    expect(plan).toEqual(words.map((each) => expect.stringContaining(each) as string));
  });
});
