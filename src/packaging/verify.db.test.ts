import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Verifier } from "#keys";
import { createBlobStore, silentLog } from "#platform";
import { type Bench, BKEY, jobContext, openBench } from "./test-support.ts";
import { createVerifyJob } from "./verify.ts";

let bench: Bench;
let dir: string;
beforeEach(async () => {
  bench = await openBench();
  dir = mkdtempSync(join(tmpdir(), "mbd-verify-"));
});
afterEach(async () => {
  await bench.db.close();
  rmSync(dir, { recursive: true });
});

const unused = () => Promise.reject(new Error("not to be asked"));
const verifier: Verifier = { verifyClearsigned: unused, verifyRelease: unused };

test("the event of a rejected port has the bkey that was reserved for it", async () => {
  const id = await bench.addUpload({ state: "RECEIVED", origin: "internal", reserved_bkey: BKEY });
  const blobs = createBlobStore(dir);
  const { sha256 } = await blobs.put(Readable.from([Buffer.from("a dsc")]));
  const file = { upload_id: id, name: "hello.dsc", size: 3, sha256 };
  await bench.db.write((tx) => tx.insertInto("upload_file").values(file).execute());
  const job = createVerifyJob({
    ...bench,
    blobs,
    log: silentLog,
    verifier,
    instanceKey: { publicKeyBinary: () => new Uint8Array() },
    findPlaces: unused,
    findPoolFile: unused,
  });

  await job.handle(jobContext("verify_upload", `upload:${id}`));

  expect(await bench.events.latest({ bkey: BKEY }, 9)).toMatchObject([
    { type: "REJECTED", upload: id, data: { errors: [{ code: "file_mismatch" }] } },
  ]);
});
