import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Archive, createArchive, type PreparedRelease } from "#archive";
import { testPackage, testRelease } from "#archive/testing";
import { createVerifier } from "#keys";
import { createBlobStore, exec, type Home, homeAt, prepareHome, silentLog } from "#platform";
import { createCompletion } from "./completion.ts";
import { createInstallJob } from "./install.ts";
import { type Bench, jobContext, openBench } from "./test-support.ts";
import { addRepository, addStoredUpload, DSC, storeUpload } from "./test-upload.ts";

const UNSTABLE = "bookworm-test-unstable";

let bench: Bench;
let home: Home;
let archive: Archive;
/** What is published, with the states of packagings then. */
let published: string[];
beforeEach(async () => {
  bench = await openBench();
  home = homeAt(mkdtempSync(join(tmpdir(), "mbd-install-")));
  await prepareHome(home);
  archive = createArchive({
    ...bench,
    home,
    log: silentLog,
    blobs: createBlobStore(home.store),
    signer: SIGNER,
  });
  await addRepository(bench, archive.ensureDistribution);
  published = [];
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

/** Installs what a packaging was built to, whatever files it has; answers how it ended. */
async function install(release: PreparedRelease) {
  const { source, version } = release;
  const upload = await addStoredUpload(bench, await storeUpload(createBlobStore(home.store)), "ACCEPTED");
  const row = { bkey: `${source}/${version}/b/source`, source, version, dsc: DSC, state: "INSTALLING" };
  const id = await bench.addPackaging(upload, row);
  const job = createInstallJob({
    ...bench,
    ...{ blobs: createBlobStore(home.store), log: silentLog, completion: createCompletion(bench) },
    archive: {
      ...archive,
      prepareRelease: async () => release,
      async publish(_repository, name) {
        published.push(`${name} ${(await bench.packaging(id)).state}`);
      },
    },
    findPlaces: archive.places,
    verifier: createVerifier({ exec, clock: bench.clock, keyringsDir: home.keyrings }),
    instanceKey: { publicKeyBinary: () => new Uint8Array() },
  });
  await job.handle(jobContext("install", `packaging:${id}`));
  return await bench.packaging(id);
}

const releaseOf = (name: string, version = "1.0~test12+1") => testRelease("test", "main", { name, version });

/** Another source, which brings a package that `hello` has. */
function thief(): PreparedRelease {
  const { packages, ...release } = releaseOf("thief", "2.0~test12+1");
  const taken = { name: "hello-doc", version: release.version, arch: "all", source: "thief" };
  return { ...release, packages: [...packages, testPackage("main", taken)] };
}

describe("a package that another source has in the suite", () => {
  test("fails the install, which says what to do, however far both were", async () => {
    await install(releaseOf("hello"));

    const ended = await install(thief());

    expect(ended).toMatchObject({ state: "FAILED", reason: "package_taken" });
    expect(ended.message).toBe(
      "Package hello-doc of thief 2.0~test12+1 already comes from source hello in bookworm-test-unstable. Upload a version of hello without it, remove hello there, or rename the package.",
    );
    expect(await archive.places("test", "thief")).toEqual([]);
  });

  test("is installed where the suite allows it", async () => {
    await install(releaseOf("hello"));
    await bench.db.write((tx) => tx.updateTable("suite").set({ shared_package_names: 1 }).execute());

    expect(await install(thief())).toMatchObject({ state: "INSTALLED" });
  });

  test("of the source itself is replaced as ever", async () => {
    await install(releaseOf("hello"));

    expect(await install(releaseOf("hello", "1.1~test12+1"))).toMatchObject({ state: "INSTALLED" });
  });
});

test("rollbacks that change are published, too, before it is told that it is installed", async () => {
  await install(releaseOf("hello"));
  expect(published).toEqual([`${UNSTABLE} INSTALLING`]);
  published = [];

  await install(releaseOf("hello", "1.1~test12+1"));

  expect(published).toEqual([`${UNSTABLE} INSTALLING`, `${UNSTABLE}-rollback0 INSTALLING`]);
  const [event] = await bench.events.latest({}, 1);
  expect(event).toMatchObject({ type: "INSTALLED", data: { replaced: "1.0~test12+1" } });
  expect(event?.data).not.toHaveProperty("changed");
});
