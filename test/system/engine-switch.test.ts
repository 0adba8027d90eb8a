import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  buildsOf,
  createPackages,
  ftpConnect,
  httpPut,
  type Instance,
  type Packages,
  sendByFtp,
  startInstance,
  waitFor,
  waitForEnd,
} from "#testing";

let instance: Instance;
let packages: Packages;

beforeAll(async () => {
  instance = await startInstance();
  packages = await createPackages(instance);
});
afterAll(async () => {
  await packages?.close();
  await instance?.close();
});

async function greetingOf(port: number): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port });
  const [greeting] = (await once(socket.setEncoding("utf8"), "data")) as [string];
  socket.destroy();
  return greeting;
}

const load = async () => ((await instance.api("status")) as { load: number }).load;

/** Waits until the only build is in a state; says which attempt that is. */
async function reached(packaging: number | undefined, state: string): Promise<number> {
  return await waitFor(
    () => {
      const sql = "SELECT state, attempt FROM build WHERE packaging_id = ?";
      const [row] = instance.rows(sql, packaging ?? 0);
      return row?.state === state ? Number(row.attempt) : undefined;
    },
    { timeoutMs: 120_000, what: `the build is ${state}`, pauseMs: 50 },
  );
}

test("stop ends and queues a running build; start begins it again; a drain waits for it", async () => {
  const made = await packages.make({ name: "mbd-switch", build: ["sleep 20"] });
  const early = await ftpConnect(instance.ftpPort);
  await sendByFtp(instance.ftpPort, made.files);
  const { packaging } = await instance.waitForEvent({ type: "BUILDING", source: made.source });

  expect(await instance.api("stop")).toEqual({ state: "stopped", builds: 1 });

  expect(await reached(packaging, "QUEUED")).toBe(0);
  expect(await load()).toBe(-1);
  expect(await greetingOf(instance.ftpPort)).toMatch(/^421 The engine is stopped/);
  expect(await early.store("a_1.dsc", "x")).toMatchObject({ code: 421 });
  early.destroy();
  const put = await httpPut(instance.httpPort, { name: "a_1.dsc", content: "x" });
  expect(put).toMatchObject({
    status: 503,
    reason: expect.stringMatching(/^The engine is stopped\./) as string,
  });
  expect((await instance.page("/")).text).toContain("The engine is stopped.");

  expect(await instance.api("start")).toMatchObject({ state: "running" });

  expect(await reached(packaging, "BUILDING")).toBe(1);
  expect(await instance.api("stop", { drain: true })).toEqual({ state: "draining", builds: 1 });

  await waitForEnd(instance, made, "INSTALLED");
  expect(await buildsOf(instance, packaging)).toMatchObject([{ state: "BUILT", attempt: 1 }]);
  const states = (await instance.events())
    .filter(({ type }) => type === "BUILDER")
    .map(({ data, actor }) => [data.state, actor.kind]);
  expect(states).toEqual(["stopped", "running", "draining", "stopped"].map((state) => [state, "token"]));
});
