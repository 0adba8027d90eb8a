import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createVerifier } from "#keys";
import { createBlobStore, exec, silentLog } from "#platform";
import { type Bench, jobContext, openBench } from "./test-support.ts";
import { addRepository, addStoredUpload, type ChangesText, storeUpload } from "./test-upload.ts";
import { createVerifyJob } from "./verify.ts";

// What an upload that is accepted becomes.

let bench: Bench;
let dir: string;
beforeEach(async () => {
  bench = await openBench();
  dir = mkdtempSync(join(tmpdir(), "mbd-accept-"));
  await addRepository(bench);
});
afterEach(async () => {
  await bench.db.close();
  rmSync(dir, { recursive: true });
});

const blobs = () => createBlobStore(join(dir, "store"));

async function receive(text?: ChangesText): Promise<number> {
  return await addStoredUpload(bench, await storeUpload(blobs(), "any", text), "RECEIVED");
}

async function verify(...uploads: readonly number[]): Promise<void> {
  const job = createVerifyJob({
    ...bench,
    blobs: blobs(),
    log: silentLog,
    verifier: createVerifier({ exec, clock: bench.clock, keyringsDir: dir }),
    instanceKey: { publicKeyBinary: () => new Uint8Array() },
    findPlaces: async () => [],
    findPoolFile: async () => undefined,
  });
  await Promise.all(uploads.map((id) => job.handle(jobContext("verify_upload", `upload:${id}`))));
}

describe("an upload", () => {
  test("is prepared in the priority of its suite", async () => {
    await verify(await receive({ distribution: "bookworm-test-hotfix" }));

    const jobs = await bench.db.read.selectFrom("job").select(["kind", "priority"]).execute();
    expect(jobs).toEqual([{ kind: "prepare", priority: 10 }]);
  });
});
