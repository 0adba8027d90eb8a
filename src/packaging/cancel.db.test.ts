import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cancel } from "./cancel.ts";
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
