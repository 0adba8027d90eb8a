import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createTestGpg, createVerifier, type TestGpg } from "#keys";
import { exec, systemClock } from "#platform";
import { createCompletion } from "../completion.ts";
import { createInstallJob } from "../install.ts";
import { insertPackaging } from "../packaging-store.ts";
import { jobContext } from "../test-support.ts";
import {
  ELSEWHERE,
  EXPERIMENTAL,
  NOW,
  openPortsBench,
  type PortsBench,
  UNSTABLE,
  VERSION,
} from "./ports-support.ts";

vi.setConfig({ testTimeout: 60_000 });

let bench: PortsBench;
let gpg: TestGpg;
let jane: string;
beforeEach(async () => {
  bench = await openPortsBench();
  await bench.install();
  gpg = createTestGpg();
  jane = await gpg.makeKey("Jane");
  const key = Buffer.from(await gpg.keyring(jane)).toString("base64");
  const row = { fingerprint: jane, user_id: "Jane", key, active: 1 as const, created_at: NOW };
  await bench.db.write(async (tx) => {
    for (const repository of ["test", "acme"])
      await tx
        .insertInto("uploader_key")
        .values({ ...row, repository })
        .execute();
  });
});
afterEach(async () => {
  await gpg.close();
  await bench.close();
});

const BKEY = `hello/${VERSION}/20240102T030000Z/source`;

/** A packaging that is committed, and only has to be told to be installed. */
async function addCommitted(targets: readonly string[]): Promise<number> {
  const option = { key: "auto-ports", text: targets.join(","), value: targets };
  const options = targets.length === 0 ? [] : [option];
  const signed = await gpg.clearsign(jane, "Source: hello\n");
  const { sha256 } = await bench.blobs.put(Readable.from([Buffer.from(signed)]));
  return await bench.db.write(async (tx) => {
    const upload = await tx
      .insertInto("upload")
      .values({
        ...{ origin: "http", changes_name: "x.changes", changes_sha256: sha256, state: "ACCEPTED" },
        ...{ errors: "[]", received_from: "test", created_at: NOW },
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    return await insertPackaging(tx, {
      ...{
        bkey: BKEY,
        upload_id: upload.id,
        repository: "test",
        distribution: UNSTABLE,
        codename: "bookworm",
      },
      ...{ suite: "unstable", component: "main", source: "hello", version: VERSION, dsc: "hello.dsc" },
      ...{ options: JSON.stringify(options), changed_by: "A <a@example.org>", state: "INSTALLING" },
      ...{ reason: null, message: null, committed_at: NOW, accepted_no: 1, retry_of: null, created_at: NOW },
      ended_at: null,
    });
  });
}

const install = (id: number) =>
  createInstallJob({
    ...{ ...bench, completion: createCompletion(bench) },
    verifier: createVerifier({ exec, clock: systemClock, keyringsDir: bench.home.keyrings }),
    instanceKey: { publicKeyBinary: () => new Uint8Array() },
  }).handle(jobContext("install", `packaging:${id}`));

test("what is installed is ported in the same transaction; what cannot be is told and changes nothing", async () => {
  const id = await addCommitted([ELSEWHERE, "bookworm-acme-stable", EXPERIMENTAL]);

  await install(id);

  const packaging = await bench.db.read.selectFrom("packaging").selectAll().executeTakeFirstOrThrow();
  expect(packaging.state).toBe("INSTALLED");
  const ports = await bench.jobs("port");
  expect(ports.map(({ priority }) => priority)).toEqual([-10, -10]);
  expect((await bench.requests()).map(({ kind, target, version }) => [kind, target, version])).toEqual([
    ["auto", ELSEWHERE, "1.0-1~acme12+1"],
    ["auto", EXPERIMENTAL, "1.0-1~test12+0+1"],
  ]);
  const error = expect.stringContaining("stable") as string;
  expect(await bench.told()).toMatchObject([
    {
      type: "INSTALLED",
      data: {
        ports: [
          { target: ELSEWHERE, version: "1.0-1~acme12+1", job: ports[0]?.subject },
          { target: "bookworm-acme-stable", error },
          { target: EXPERIMENTAL },
        ],
      },
    },
    {
      type: "PORTED",
      distribution: "bookworm-acme-stable",
      source: "hello",
      data: { error, from: UNSTABLE },
    },
  ]);
});

test("what the signer may not have ported any more is told and changes nothing", async () => {
  const id = await addCommitted([ELSEWHERE, EXPERIMENTAL]);
  await bench.db.write((tx) => tx.deleteFrom("uploader_key").where("repository", "=", "acme").execute());

  await install(id);

  expect((await bench.requests()).map(({ target }) => target)).toEqual([EXPERIMENTAL]);
  const error = `x.changes asks by auto-ports for a port to ${ELSEWHERE}, but key ${jane} may not upload to repository 'acme'.`;
  expect(await bench.told()).toMatchObject([
    { type: "INSTALLED", data: { ports: [{ target: ELSEWHERE, error }, { target: EXPERIMENTAL }] } },
    { type: "PORTED", distribution: ELSEWHERE, data: { error, from: UNSTABLE } },
  ]);
});

test("nor what the signer's right has been narrowed away from", async () => {
  const id = await addCommitted([ELSEWHERE, EXPERIMENTAL]);
  await bench.db.write((tx) => tx.updateTable("uploader_key").set({ suites: "experimental" }).execute());

  await install(id);

  expect((await bench.requests()).map(({ target }) => target)).toEqual([EXPERIMENTAL]);
  const error = `x.changes asks by auto-ports for a port to ${ELSEWHERE}, but key ${jane} may not upload hello to suite unstable of repository 'acme', only everything to experimental.`;
  expect(await bench.told()).toMatchObject([
    { type: "INSTALLED", data: { ports: [{ target: ELSEWHERE, error }, { target: EXPERIMENTAL }] } },
    { type: "PORTED", distribution: ELSEWHERE, data: { error, from: UNSTABLE } },
  ]);
});

test("nothing is ported of an upload whose signature is gone", async () => {
  const id = await addCommitted([EXPERIMENTAL]);
  const upload = await bench.db.read.selectFrom("upload").selectAll().executeTakeFirstOrThrow();
  await bench.blobs.remove(upload.changes_sha256);

  await install(id);

  expect(await bench.requests()).toEqual([]);
  expect((await bench.told()).map(({ type }) => type)).toEqual(["INSTALLED", "PORTED"]);
});

test("a second run asks for nothing more", async () => {
  const id = await addCommitted([ELSEWHERE]);
  await install(id);

  await install(id);

  expect(await bench.jobs("port")).toHaveLength(1);
});

test("an upload that wants no ports says nothing of them", async () => {
  await install(await addCommitted([]));

  expect((await bench.told())[0]?.data).not.toHaveProperty("ports");
});
