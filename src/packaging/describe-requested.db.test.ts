import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { BuildRequest } from "#builds";
import { createBlobStore } from "#platform";
import { describeBuild } from "./describe-build.ts";
import { type Bench, openBench } from "./test-support.ts";
import { addRepository, addStoredUpload, DSC, storeUpload, UPLOADED } from "./test-upload.ts";

let bench: Bench;
let dir: string;
beforeEach(async () => {
  bench = await openBench();
  dir = mkdtempSync(join(tmpdir(), "mbd-requested-"));
  await addRepository(bench);
});
afterEach(async () => {
  await bench.db.close();
  rmSync(dir, { recursive: true });
});

async function describeOf(requested: string | null): Promise<BuildRequest> {
  const blobs = createBlobStore(join(dir, "store"));
  const upload = await addStoredUpload(bench, await storeUpload(blobs), "ACCEPTED");
  await bench.db.write((tx) =>
    tx
      .updateTable("upload")
      .set({ requested_distribution: requested, distribution: "bookworm-test-unstable" })
      .execute(),
  );
  const packaging = await bench.addPackaging(upload, { version: UPLOADED, dsc: DSC });
  const deps = {
    ...{ db: bench.db, blobs, findPoolFile: async () => undefined },
    instanceKey: { publicKeyBinary: () => Buffer.from("key") },
    ports: () => ({ http: 8066, proxy: 3142 }),
  };
  return await describeBuild(deps, await bench.addBuild(packaging));
}

test.each([
  ["unstable", { distribution: "bookworm-test-unstable", requestedDistribution: "unstable" }],
  ["bookworm-test-unstable", { distribution: "bookworm-test-unstable" }],
  [null, { distribution: "bookworm-test-unstable" }],
])("a build of an upload for %s knows both names, where there are two", async (requested, expected) => {
  const { distribution, requestedDistribution } = await describeOf(requested);

  expect({ distribution, requestedDistribution }).toEqual(expected);
});
