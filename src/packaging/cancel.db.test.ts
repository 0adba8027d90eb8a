import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cancel, planCancel } from "./cancel.ts";
import { createCompletion } from "./completion.ts";
import { findPortRequest, insertPortRequest } from "./ports/port-store.ts";
import { type Bench, BKEY, NOW, openBench, VERSION } from "./test-support.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
  await bench.db.write((tx) => insertPortRequest(tx, REQUEST));
});
afterEach(() => bench.db.close());

const REQUEST = {
  bkey: BKEY,
  kind: "external",
  target: "bookworm-test-unstable",
  source: "hello",
  version: VERSION,
  url: "http://archive.example.org/hello.dsc",
  dsc_sha256: "a".repeat(64),
  dsc: "hello.dsc",
  kept: "[]",
  vouched_by: "https",
  options: "[]",
  requested_by: "ada",
  priority: 0,
  migrate: 0 as const,
  state: "open",
  created_at: NOW,
};

const cancelIt = (bkey = BKEY) =>
  cancel({ ...bench, completion: createCompletion(bench) }, bkey, { kind: "user", name: "ada" });

describe("cancel of a port", () => {
  test("ends the request and tells it", async () => {
    expect(await cancelIt()).toEqual({ bkey: BKEY, scope: "packaging", cancelled: [BKEY] });

    const request = await findPortRequest(bench.db.read, BKEY);
    expect(request).toMatchObject({ state: "failed", error: "cancelled by ada" });
    expect(await bench.events.latest({}, 9)).toMatchObject([
      {
        type: "CANCELLED",
        bkey: BKEY,
        source: "hello",
        version: VERSION,
        distribution: "bookworm-test-unstable",
        repository: "test",
        actor: { kind: "user", name: "ada" },
        data: { scope: "port" },
      },
    ]);
  });

  test("is refused when the request has ended", async () => {
    await cancelIt();

    await expect(cancelIt()).rejects.toMatchObject({ code: "finished" });
    expect(await bench.events.latest({}, 9)).toHaveLength(1);
  });

  test("of one architecture says that there are no builds yet, and leaves the request alone", async () => {
    await expect(cancelIt(`${BKEY} amd64`)).rejects.toMatchObject({ code: "no_builds_yet" });
    expect(await findPortRequest(bench.db.read, BKEY)).toMatchObject({ state: "open" });
  });
});

const OTHER = BKEY.replace("T03", "T04");

test("of one build, the event is about that build, and the packaging goes on", async () => {
  const packaging = await bench.addPackaging(await bench.addUpload(), { bkey: OTHER });
  const build = await bench.addBuild(packaging, { bkey: `${OTHER} amd64` });
  await bench.addBuild(packaging, { bkey: `${OTHER} arm64`, arch: "arm64" });

  await cancelIt(`${OTHER} amd64`);

  expect(await bench.events.latest({}, 9)).toMatchObject([
    { type: "CANCELLED", arch: "amd64", bkey: `${OTHER} amd64`, build, packaging, data: { scope: "build" } },
  ]);
  expect(await bench.packaging(packaging)).toMatchObject({ state: "BUILDING" });
});

test("of one build says truly why it cannot be: none are planned, it has ended, there is none for that", async () => {
  const packaging = await bench.addPackaging(await bench.addUpload(), { bkey: OTHER, state: "QUEUED" });
  const refused = async (arch: string) =>
    await cancelIt(`${OTHER} ${arch}`).then(
      () => "done",
      (error: unknown) => String(error instanceof Error ? error.message : error),
    );

  expect(await refused("amd64")).toBe(`${OTHER} has no builds yet.`);
  await bench.addBuild(packaging, { bkey: `${OTHER} amd64`, state: "BUILT", ended_at: NOW });
  expect(await refused("amd64")).toBe(`${OTHER} amd64 has already ended (BUILT).`);
  expect(await refused("arm64")).toContain("for arm64");
});

describe("the plan", () => {
  const OF_HELLO = `hello ${VERSION} for bookworm-test-unstable`;

  test("of a packaging lists the builds that end, and those that have ended", async () => {
    const packaging = await bench.addPackaging(await bench.addUpload(), { bkey: OTHER });
    await bench.addBuild(packaging, { bkey: `${OTHER} amd64`, state: "BUILT", ended_at: NOW });
    await bench.addBuild(packaging, { bkey: `${OTHER} arm64`, arch: "arm64", state: "BUILDING" });

    expect(await planCancel(bench, OTHER)).toEqual([
      `Cancel the packaging of ${OF_HELLO}; nothing of it is installed.`,
      "Builds that end: arm64 (BUILDING).",
      "Builds that have ended already: amd64 (BUILT).",
    ]);
    expect(await bench.packaging(packaging)).toMatchObject({ state: "BUILDING" });
  });

  test.each([
    [0 as const, "The packaging needs it, so it will fail."],
    [1 as const, "It is optional: the packaging goes on without it."],
  ])("of one build (optional: %i) says what becomes of the packaging", async (optional, expected) => {
    const packaging = await bench.addPackaging(await bench.addUpload(), { bkey: OTHER });
    await bench.addBuild(packaging, { bkey: `${OTHER} amd64`, optional });

    expect(await planCancel(bench, `${OTHER} amd64`)).toEqual([
      `Cancel the build of ${OF_HELLO} on amd64 (QUEUED).`,
      expected,
    ]);
  });

  test("of a port names it, and refuses once it has ended", async () => {
    expect(await planCancel(bench, BKEY)).toEqual([
      `Cancel the port of hello ${VERSION} to bookworm-test-unstable, which has no builds yet.`,
    ]);
    await cancelIt();

    await expect(planCancel(bench, BKEY)).rejects.toMatchObject({ code: "finished" });
  });

  test.each([
    ["not_found", undefined],
    ["finished", { state: "INSTALLED", ended_at: NOW }],
    ["installing", { state: "INSTALLING" }],
  ])("refuses as the call would: %s", async (code, change) => {
    if (change !== undefined) await bench.addPackaging(await bench.addUpload(), { bkey: OTHER, ...change });

    await expect(planCancel(bench, OTHER)).rejects.toMatchObject({ code });
    await expect(cancelIt(OTHER)).rejects.toMatchObject({ code });
  });
});
