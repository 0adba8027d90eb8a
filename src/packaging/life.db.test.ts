import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Archive, createArchive } from "#archive";
import { type StateTable, watchStates } from "#db";
import { createIncoming } from "#incoming";
import { createVerifier } from "#keys";
import { createBlobStore, exec, type Home, homeAt, prepareHome, silentLog } from "#platform";
import { cancel } from "./cancel.ts";
import { type Completion, createCompletion } from "./completion.ts";
import { createInstallJob } from "./install.ts";
import { createPrepareJob } from "./prepare.ts";
import { retry } from "./retry.ts";
import { PACKAGING_TRANSITIONS, UPLOAD_TRANSITIONS } from "./states.ts";
import { type Bench, jobContext, openBench } from "./test-support.ts";
import { addRepository, addStoredUpload, CHANGES, storeUpload } from "./test-upload.ts";
import { createVerifyJob } from "./verify.ts";

/**
 * Every transition of uploads and packagings, and the first ones of builds, is reached by what does it in the daemon;
 * the database notes each change of a state.
 */
interface Story {
  /** As pipeline.md 3 has it. */
  readonly name: string;
  readonly table: StateTable;
  /** `FROM TO`, with `-` for a new row. */
  readonly change: string;
  before?(): Promise<unknown>;
  act(): Promise<unknown>;
}

const ADA = { kind: "user", name: "ada" } as const;

let bench: Bench;
let home: Home;
let archive: Archive;
let completion: Completion;
beforeEach(async () => {
  bench = await openBench();
  home = homeAt(mkdtempSync(join(tmpdir(), "mbd-life-")));
  await prepareHome(home);
  archive = createArchive({ ...parts(), signer: SIGNER });
  completion = createCompletion(bench);
  await addRepository(bench, archive.ensureDistribution);
});
afterEach(async () => {
  await bench.db.close();
  rmSync(home.root, { recursive: true });
});

const SIGNER = {
  fingerprint: "0".repeat(40),
  clearsign: async (text: string) => `-----BEGIN PGP SIGNED MESSAGE-----\n\n${text}`,
  detachSign: async () => "signature\n",
};

function parts() {
  const verifier = createVerifier({ exec, clock: bench.clock, keyringsDir: home.keyrings });
  return { ...bench, home, verifier, log: silentLog, blobs: createBlobStore(home.store) };
}

const doors = () => ({
  ...parts(),
  ...{ archive, completion, findPlaces: archive.places, findPoolFile: archive.poolFile },
  instanceKey: { publicKeyBinary: () => new Uint8Array() },
});

const STORIES: readonly Story[] = [
  { name: "U1", table: "upload", change: "- RECEIVED", act: submit },
  { name: "U2", table: "upload", change: "- REJECTED", act: () => sendIncomplete() },
  { name: "U3", table: "upload", change: "RECEIVED VERIFYING", before: receive, act: verify },
  { name: "U4", table: "upload", change: "VERIFYING ACCEPTED", before: receive, act: verify },
  { name: "U5", table: "upload", change: "VERIFYING REJECTED", before: receiveBroken, act: verify },
  { name: "U5", table: "upload", change: "RECEIVED REJECTED", before: receive, act: giveUpVerify },
  {
    name: "U6",
    table: "upload",
    change: "VERIFYING RECEIVED",
    before: () => receive("VERIFYING"),
    act: verify,
  },
  { name: "P1", table: "packaging", change: "- QUEUED", before: receive, act: verify },
  { name: "P1", table: "packaging", change: "- QUEUED", before: failed, act: retryIt },
  { name: "P2", table: "packaging", change: "QUEUED BUILDING", before: accepted, act: prepare },
  { name: "P3", table: "packaging", change: "BUILDING INSTALLING", before: building, act: allBuilt },
  { name: "P4", table: "packaging", change: "QUEUED FAILED", before: accepted, act: giveUpPrepare },
  { name: "P4", table: "packaging", change: "BUILDING FAILED", before: building, act: oneFailed },
  { name: "P5", table: "packaging", change: "QUEUED CANCELLED", before: accepted, act: cancelIt },
  { name: "P5", table: "packaging", change: "BUILDING CANCELLED", before: building, act: cancelIt },
  { name: "P6", table: "packaging", change: "INSTALLING INSTALLED", before: installing, act: install },
  { name: "P7", table: "packaging", change: "INSTALLING FAILED", before: overtaken, act: install },
  { name: "B1", table: "build", change: "- QUEUED", before: accepted, act: prepare },
  { name: "B2", table: "build", change: "- SKIPPED", before: () => accepted("all"), act: prepare },
];

test.each(STORIES)("$name: $change", async ({ table, change, before, act }) => {
  await before?.();
  const history = await watchStates(bench.db);

  await act();

  const changes = await history(table);
  expect(changes).toContain(change);
  if (table === "build") return;
  const allowed = [...edgesOf(table).map(([, edge]) => edge), "- RECEIVED", "- REJECTED", "- QUEUED"];
  for (const each of changes) expect(allowed).toContain(each);
});

describe("the stories", () => {
  test.each(["upload", "packaging"] as const)("reach every transition of an %s from each state", (table) => {
    const told = STORIES.filter((story) => story.table === table && !story.change.startsWith("- "));

    expect(told.map(({ name, change }) => `${name} ${change}`).sort()).toEqual(
      edgesOf(table).map(words).sort(),
    );
  });

  test.each(["upload", "packaging"] as const)("reach every state of an %s", (table) => {
    const states = edgesOf(table).flatMap(([, edge]) => edge.split(" "));
    const reached = STORIES.filter((story) => story.table === table).map(
      ({ change }) => change.split(" ")[1],
    );

    expect(new Set(reached)).toEqual(new Set(states));
  });
});

const words = ([name, change]: [string, string]): string => `${name} ${change}`;

function edgesOf(table: "upload" | "packaging"): [string, string][] {
  const transitions = table === "upload" ? UPLOAD_TRANSITIONS : PACKAGING_TRANSITIONS;
  return Object.entries(transitions).flatMap(([name, { from, to }]) =>
    (from as readonly string[]).map((state): [string, string] => [name, `${state} ${to}`]),
  );
}

async function submit(): Promise<void> {
  const files = (await storeUpload(parts().blobs)).map(({ size, ...file }) => ({ ...file, sizeBytes: size }));
  await bench.db.write((tx) => incoming().submitInternal(tx, { files, changes: CHANGES, from: "a test" }));
}

function incoming() {
  return createIncoming({
    ...parts(),
    ...{ jobs: bench.queue, dir: home.incoming, storeDir: home.store, isRunning: () => true },
    freeBytes: async () => 1e12,
  });
}

/** A .changes whose files never come. */
async function sendIncomplete(): Promise<void> {
  const files = await storeUpload(parts().blobs);
  const door = incoming();
  await door.start();
  const session = await door.openSession({ origin: "ftp", key: "1", client: "192.0.2.1" });
  const changes = createReadStream(parts().blobs.path(files.at(-1)?.sha256 ?? ""));
  await door.receive(session, CHANGES, changes);
  await door.endSession(session);
  await door.stop();
}

async function receive(state = "RECEIVED", architecture?: string): Promise<number> {
  return await addStoredUpload(bench, await storeUpload(parts().blobs, architecture), state);
}

async function receiveBroken(): Promise<void> {
  await receive();
  await bench.db.write((tx) => tx.deleteFrom("upload_file").execute());
}

const BROKEN = new Error("broken");

async function verify(): Promise<void> {
  await createVerifyJob(doors()).handle(jobContext("verify_upload", "upload:1"));
}

async function giveUpVerify(): Promise<void> {
  await createVerifyJob(doors()).dead?.(jobContext("verify_upload", "upload:1").job, BROKEN);
}

async function prepare(): Promise<void> {
  await createPrepareJob(doors()).handle(jobContext("prepare", "packaging:1"));
}

async function giveUpPrepare(): Promise<void> {
  await createPrepareJob(doors()).dead?.(jobContext("prepare", "packaging:1").job, BROKEN);
}

async function install(): Promise<void> {
  await createInstallJob(doors()).handle(jobContext("install", "packaging:1"));
}

async function accepted(architecture?: string): Promise<void> {
  await receive("RECEIVED", architecture);
  await verify();
}

async function building(): Promise<void> {
  await accepted();
  await prepare();
}

async function installing(): Promise<void> {
  await building();
  await allBuilt();
}

/** The same version got there by another way. */
async function overtaken(): Promise<void> {
  await installing();
  await install();
  await bench.db.write((tx) =>
    tx.updateTable("packaging").set({ state: "INSTALLING", committed_at: null, ended_at: null }).execute(),
  );
}

async function failed(): Promise<void> {
  await building();
  await oneFailed();
}

async function allBuilt(): Promise<void> {
  await bench.db.write(async (tx) => {
    await tx.updateTable("build").set({ state: "BUILT" }).execute();
    await completion.evaluate(tx, 1);
  });
}

async function oneFailed(): Promise<void> {
  await bench.db.write(async (tx) => {
    await tx.updateTable("build").set({ state: "FAILED", reason: "package" }).execute();
    await completion.evaluate(tx, 1);
  });
}

async function cancelIt(): Promise<void> {
  await cancel(doors(), (await bench.packaging(1)).bkey, ADA);
}

async function retryIt(): Promise<void> {
  await retry(doors(), (await bench.packaging(1)).bkey, false, ADA);
}
