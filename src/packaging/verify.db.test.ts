import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Verifier } from "#keys";
import { createBlobStore, MbdError, silentLog } from "#platform";
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
const verifyJob = (by: Verifier) =>
  createVerifyJob({
    ...bench,
    blobs: createBlobStore(dir),
    log: silentLog,
    verifier: by,
    instanceKey: { publicKeyBinary: () => new Uint8Array() },
    findPlaces: unused,
    findPoolFile: unused,
  });
const verifier: Verifier = { verifyClearsigned: unused, verifyRelease: unused };

test.each([
  new MbdError("tool_missing", { tool: "gpgv", package: "gpgv" }),
  new MbdError("bad_configuration", { reason: "the uploader keyring k cannot be read" }),
])("a fault of the machine rejects no upload: $code", async (fault) => {
  const id = await bench.addUpload({ state: "RECEIVED" });
  const broken: Verifier = { verifyClearsigned: () => Promise.reject(fault), verifyRelease: unused };
  const job = verifyJob(broken);

  await expect(job.handle(jobContext("verify_upload", `upload:${id}`))).rejects.toBe(fault);

  const { state } = await bench.db.read.selectFrom("upload").select("state").executeTakeFirstOrThrow();
  expect(state).toBe("VERIFYING");
  expect(await bench.events.latest({}, 9)).toEqual([]);
});

test("the event of a rejected port has the bkey that was reserved for it", async () => {
  const id = await bench.addUpload({ state: "RECEIVED", origin: "internal", reserved_bkey: BKEY });
  const blobs = createBlobStore(dir);
  const { sha256 } = await blobs.put(Readable.from([Buffer.from("a dsc")]));
  const file = { upload_id: id, name: "hello.dsc", size: 3, sha256 };
  await bench.db.write((tx) => tx.insertInto("upload_file").values(file).execute());
  const job = verifyJob(verifier);

  await job.handle(jobContext("verify_upload", `upload:${id}`));

  expect(await bench.events.latest({ bkey: BKEY }, 9)).toMatchObject([
    { type: "REJECTED", upload: id, data: { errors: [{ code: "file_mismatch" }] } },
  ]);
});
