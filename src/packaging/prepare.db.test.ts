import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type BlobStore, createBlobStore } from "#platform";
import { createPrepareJob, type PrepareDeps } from "./prepare.ts";
import { type Bench, jobContext, openBench } from "./test-support.ts";
import { addRepository, addStoredUpload, DSC, storeUpload } from "./test-upload.ts";

let bench: Bench;
let dir: string;
let blobs: BlobStore;
beforeEach(async () => {
  bench = await openBench();
  dir = mkdtempSync(join(tmpdir(), "mbd-prepare-"));
  blobs = createBlobStore(dir);
  await addRepository(bench);
});
afterEach(async () => {
  await bench.db.close();
  rmSync(dir, { recursive: true });
});

async function prepare(message: string | null): Promise<number> {
  const upload = await addStoredUpload(bench, await storeUpload(blobs), "ACCEPTED");
  const id = await bench.addPackaging(upload, { state: "QUEUED", dsc: DSC, message });
  await run(id);
  return id;
}

async function run(id: number): Promise<void> {
  const completion = { evaluate: async () => undefined } as unknown as PrepareDeps["completion"];
  const job = createPrepareJob({ ...bench, blobs, completion });
  await job.handle(jobContext("prepare", `packaging:${id}`));
}

async function builds() {
  const rows = await bench.db.read.selectFrom("build").selectAll().orderBy("arch").execute();
  return rows.map(({ arch, state, build_all }) => [arch, state, build_all]);
}

test("makes a build for each architecture, and says so", async () => {
  const id = await prepare(null);

  expect(await builds()).toEqual([
    ["amd64", "QUEUED", 0],
    ["arm64", "QUEUED", 0],
  ]);
  expect(await bench.events.latest({ packaging: id }, 9)).toMatchObject([
    { type: "PACKAGING", message: "building for amd64, arm64" },
  ]);
});

test("tells what options were left out, once", async () => {
  const id = await prepare('Option "lintian-mode[s390x]" is ignored: there is no such architecture.');

  expect(await bench.events.latest({ packaging: id }, 9)).toMatchObject([
    {
      message:
        'building for amd64, arm64. Option "lintian-mode[s390x]" is ignored: there is no such architecture',
    },
  ]);
  expect(await bench.packaging(id)).toMatchObject({ state: "BUILDING", message: null });
});

test("keeps of what a retry took over only what still fits, and says what is built", async () => {
  const upload = await addStoredUpload(bench, await storeUpload(blobs), "ACCEPTED");
  const id = await bench.addPackaging(upload, { state: "QUEUED", dsc: DSC, retry_of: "old" });
  await bench.addBuild(id, { bkey: "b amd64", state: "BUILT" });
  await bench.addBuild(id, { bkey: "b arm64", arch: "arm64", build_all: 1, state: "BUILT" });

  await run(id);

  expect(await builds()).toEqual([
    ["amd64", "BUILT", 0],
    ["arm64", "QUEUED", 0],
  ]);
  expect(await bench.events.latest({ packaging: id }, 9)).toMatchObject([
    { message: "building for arm64; what was built for amd64 is taken over from old" },
  ]);
});

test("says so when a retry took over all", async () => {
  const upload = await addStoredUpload(bench, await storeUpload(blobs), "ACCEPTED");
  const id = await bench.addPackaging(upload, { state: "QUEUED", dsc: DSC, retry_of: "old" });
  for (const arch of ["amd64", "arm64"])
    await bench.addBuild(id, { bkey: `b ${arch}`, arch, state: "BUILT" });

  await run(id);

  expect(await bench.events.latest({ packaging: id }, 9)).toMatchObject([
    { message: "what was built for amd64, arm64 is taken over from old" },
  ]);
});
