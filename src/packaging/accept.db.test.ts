import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createVerifier } from "#keys";
import { createBlobStore, exec, silentLog } from "#platform";
import { type Bench, jobContext, NOW, openBench } from "./test-support.ts";
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

/** At once, as two uploads a few seconds apart may be. */
async function verify(...uploads: readonly number[]): Promise<void> {
  await Promise.all(uploads.map((id) => verifyJob(id).handle(jobContext("verify_upload", `upload:${id}`))));
}

function verifyJob(seconds: number) {
  return createVerifyJob({
    ...{ ...bench, clock: { now: () => new Date(Date.parse(NOW) + seconds * 1000) } },
    blobs: blobs(),
    log: silentLog,
    verifier: createVerifier({ exec, clock: bench.clock, keyringsDir: dir }),
    instanceKey: { publicKeyBinary: () => new Uint8Array() },
    findPlaces: async () => [],
    findPoolFile: async () => undefined,
  });
}

describe("an upload", () => {
  test("is rejected when another of its version is verified at the same time", async () => {
    const uploads = [];
    for (const mode of ["ERRFAIL", "WARNFAIL", "IGNORE"])
      uploads.push(await receive({ options: [`lintian-mode=${mode}`] }));

    await verify(...uploads);

    const rows = await bench.db.read.selectFrom("upload").select(["state", "reason"]).execute();
    expect(rows.map(({ state, reason }) => `${state} ${reason}`).sort()).toEqual([
      "ACCEPTED null",
      "REJECTED in_progress",
      "REJECTED in_progress",
    ]);
    expect(await bench.db.read.selectFrom("packaging").select("id").execute()).toHaveLength(1);
  });

  test.each([
    ["signed", "no unsigned upload to bookworm-test-unstable switches it on."],
    ["none", "no upload to bookworm-test-unstable switches it on."],
    ["all", undefined],
  ])(
    "unsigned, with checks that the distribution has off, warns unless uploads may (%s)",
    async (by, why) => {
      await bench.db.write((tx) => tx.updateTable("distribution").set({ checks_by_uploads: by }).execute());
      const options = ["autopkgtest-mode=ERRFAIL", "piuparts-mode[arm64]=IGNORE", "piuparts-mode=DISABLED"];

      await verify(await receive({ options }));

      const { message } = await bench.packaging(1);
      expect(message).toBe(
        why === undefined
          ? null
          : `Option "autopkgtest-mode=ERRFAIL" is ignored: ${why} Option "piuparts-mode[arm64]=IGNORE" is ignored: ${why}`,
      );
    },
  );

  test("with checks that the distribution has on may choose their modes", async () => {
    await bench.db.write((tx) => tx.updateTable("distribution").set({ piuparts_mode: "ERRFAIL" }).execute());

    await verify(await receive({ options: ["piuparts-mode=IGNORE"] }));

    expect((await bench.packaging(1)).message).toBeNull();
  });

  test("is prepared in the priority of its suite", async () => {
    await verify(await receive({ distribution: "bookworm-test-hotfix" }));

    const jobs = await bench.db.read.selectFrom("job").select(["kind", "priority"]).execute();
    expect(jobs).toEqual([{ kind: "prepare", priority: 10 }]);
  });
});
