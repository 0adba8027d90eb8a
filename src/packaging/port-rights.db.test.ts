import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createTestGpg, createVerifier, type TestGpg } from "#keys";
import { type BlobStore, createBlobStore, exec, silentLog, systemClock } from "#platform";
import { createRepositoryService } from "#repositories";
import { type Bench, jobContext, openBench } from "./test-support.ts";
import { addRepository, addStoredUpload, CHANGES, storeUpload } from "./test-upload.ts";
import { createVerifyJob } from "./verify.ts";

vi.setConfig({ testTimeout: 30_000 });

let bench: Bench;
let dir: string;
let blobs: BlobStore;
let gpg: TestGpg;
let jane: string;
beforeEach(async () => {
  bench = await openBench();
  dir = mkdtempSync(join(tmpdir(), "mbd-rights-"));
  blobs = createBlobStore(dir);
  gpg = createTestGpg();
  jane = await gpg.makeKey("Jane");
  await addRepository(bench);
  await addRepositories({ closed: false, secret: false, open: true });
  await mayUpload("closed");
});
afterEach(async () => {
  await bench.db.close();
  await gpg.close();
  rmSync(dir, { recursive: true });
});

/** Further repositories for bookworm; whether each takes uploads of everybody. */
async function addRepositories(wanted: Readonly<Record<string, boolean>>): Promise<void> {
  const ensureDistribution = async () => 1;
  const service = createRepositoryService({
    ...bench,
    identity: "acme",
    hostname: "host",
    ensureDistribution,
  });
  const source = await bench.db.read.selectFrom("source").select("id").executeTakeFirstOrThrow();
  await bench.db.write(async (tx) => {
    for (const [identity, allowUnauthenticatedUploads] of Object.entries(wanted)) {
      await service.create(tx, { identity, layout: "Default", allowUnauthenticatedUploads });
      const added = { repository: identity, sourceId: source.id, architectures: ["amd64"], extraSources: [] };
      await service.addDistribution(tx, added);
    }
  });
}

/** Jane's key may upload to a repository, all or some. */
async function mayUpload(
  repository: string,
  scope: { suites?: string; sources?: string } = {},
): Promise<void> {
  const key = Buffer.from(await gpg.keyring(jane)).toString("base64");
  const row = {
    repository,
    fingerprint: jane,
    user_id: "Jane",
    key,
    active: 1 as const,
    created_at: "",
    ...scope,
  };
  await bench.db.write((tx) => tx.insertInto("uploader_key").values(row).execute());
}

interface Given {
  readonly ports: readonly string[];
  readonly signed: boolean;
}

/** What becomes of an upload to `test`, which takes those of everybody. */
async function verified({ ports, signed }: Given) {
  const targets = ports.map((repository) => `bookworm-${repository}-unstable`).join(", ");
  const files = await storeUpload(blobs, "any", {
    options: [`auto-ports=${targets}`],
    ...(signed ? { sign: (text: string) => gpg.clearsign(jane, text) } : {}),
  });
  const id = await addStoredUpload(bench, files, "RECEIVED");
  const job = createVerifyJob({
    ...{ ...bench, blobs, log: silentLog },
    verifier: createVerifier({ exec, clock: systemClock, keyringsDir: dir }),
    instanceKey: { publicKeyBinary: () => new Uint8Array() },
    ...{ findPlaces: async () => [], findPoolFile: async () => undefined },
  });
  await job.handle(jobContext("verify_upload", `upload:${id}`));
  const { state, errors } = await bench.db.read.selectFrom("upload").selectAll().executeTakeFirstOrThrow();
  const complaints = JSON.parse(errors) as { code: string; message: string }[];
  return [state, ...complaints.map(({ code, message }) => `${code}: ${message}`)];
}

const refused = (who: string, repository: string) =>
  `port_not_authorised: ${CHANGES} asks by auto-ports for a port to bookworm-${repository}-unstable, but ${who} may not upload to repository '${repository}'.`;

describe("the ports that an upload asks for", () => {
  const nobody = "somebody without a valid signature";

  test.each<[string, Given, (key: string) => string[]]>([
    ["need no signature where nobody does", { ports: ["open"], signed: false }, () => ["ACCEPTED"]],
    [
      "need one where others do",
      { ports: ["closed", "open", "secret"], signed: false },
      () => ["REJECTED", refused(nobody, "closed"), refused(nobody, "secret")],
    ],
    ["may go where the signer may", { ports: ["closed", "open"], signed: true }, () => ["ACCEPTED"]],
    [
      "may not go elsewhere",
      { ports: ["closed", "secret"], signed: true },
      (key) => ["REJECTED", refused(`key ${key}`, "secret")],
    ],
  ])("%s", async (_what, given, expected) => {
    expect(await verified(given)).toEqual(expected(jane));
  });

  test("may go where the signer's right covers suite and source", async () => {
    await mayUpload("secret", { suites: "unstable", sources: "hell?" });

    expect(await verified({ ports: ["secret"], signed: true })).toEqual(["ACCEPTED"]);
  });

  test.each([
    [{ suites: "experimental" }, "everything to experimental"],
    [{ sources: "bye foo-*" }, "bye, foo-*"],
  ])("may not go where it covers something else: %j", async (scope, only) => {
    await mayUpload("secret", scope);

    expect(await verified({ ports: ["closed", "secret"], signed: true })).toEqual([
      "REJECTED",
      `port_not_authorised: ${CHANGES} asks by auto-ports for a port to bookworm-secret-unstable, but key ${jane} may not upload hello to suite unstable of repository 'secret', only ${only}.`,
    ]);
  });
});
