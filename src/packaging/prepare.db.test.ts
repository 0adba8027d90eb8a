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
  const completion = { evaluate: async () => undefined } as unknown as PrepareDeps["completion"];
  const job = createPrepareJob({ ...bench, blobs, completion });
  await job.handle(jobContext("prepare", `packaging:${id}`));
  return id;
}

test("makes a build for each architecture, and says so", async () => {
  const id = await prepare(null);

  const builds = await bench.db.read.selectFrom("build").selectAll().orderBy("arch").execute();
  expect(builds.map(({ arch, state, build_all }) => [arch, state, build_all])).toEqual([
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
