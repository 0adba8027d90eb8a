import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openTestDatabase } from "#db";
import { createTestGpg } from "#keys";
import {
  type BlobStore,
  type Clock,
  createBlobStore,
  homeAt,
  prepareHome,
  silentLog,
  systemClock,
} from "#platform";
import { type Archive, type ArchiveDeps, createArchive } from "./archive.ts";
import { createPackageFactory, makeRelease, type PackageFactory } from "./package-support.ts";
import type { DistributionSpec, InstalledRelease, ReleaseSigner } from "./types.ts";

/** An archive with real files, database and key in a directory of its own, for tests. */
export interface TestArchive {
  readonly archive: Archive;
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly factory: PackageFactory;
  /** Root of repository `test`. */
  readonly root: string;
  /** Subjects of the publish jobs asked for. */
  readonly asked: string[];
  /** The same archive with other doors, as after a restart. */
  again(deps: Partial<ArchiveDeps>): Archive;
  /** A live distribution with its rollbacks; returns its name. */
  live(suite: string, options?: Partial<DistributionSpec>): Promise<string>;
  /** Makes, prepares and installs a release. */
  install(name: string, version: string, distribution: string, component?: string): Promise<InstalledRelease>;
  close(): Promise<void>;
}

export interface TestArchiveOptions {
  readonly clock?: Clock;
  /** For real signatures; without, a text that only looks like one. */
  readonly signer?: ReleaseSigner;
}

export async function createTestArchive(options: TestArchiveOptions = {}): Promise<TestArchive> {
  const base = mkdtempSync(join(tmpdir(), "mbd-archive-"));
  const home = homeAt(base);
  await prepareHome(home);
  const db = await openTestDatabase();
  const blobs = createBlobStore(home.store);
  const factory = createPackageFactory();
  const asked: string[] = [];
  const deps: ArchiveDeps = {
    db,
    home,
    blobs,
    signer: options.signer ?? fakeSigner,
    queue: { enqueue: async (_tx, job) => void asked.push(job.subject) },
    clock: options.clock ?? systemClock,
    log: silentLog,
  };
  const archive = createArchive(deps);
  return {
    archive,
    db,
    blobs,
    factory,
    root: join(home.repositories, "test"),
    asked,
    again: (more) => createArchive({ ...deps, ...more }),
    live: (suite, more) => makeLive(archive, db, suite, more),
    async install(name, version, distribution, component = "main") {
      const prepared = await archive.prepareRelease(
        await makeRelease(factory, blobs, { name, version, component }),
      );
      return await db.write((tx) => archive.installRelease(tx, prepared, distribution));
    },
    async close() {
      factory.close();
      await db.close();
      rmSync(base, { recursive: true });
    },
  };
}

async function makeLive(
  archive: Archive,
  db: Database,
  suite: string,
  more: Partial<DistributionSpec> = {},
): Promise<string> {
  const name = `bookworm-test-${suite}`;
  const live: DistributionSpec = {
    repository: "test",
    name,
    kind: "live",
    components: ["main", "contrib"],
    architectures: ["amd64", "arm64"],
    origin: "Mini-Buildd archive test on localhost",
    description: `${suite} for tests`,
    notAutomatic: true,
    butAutomaticUpgrades: true,
    rollbacks: 2,
    sourcesPerComponent: 1,
    ...more,
  };
  await db.write(async (tx) => {
    await archive.ensureDistribution(tx, live);
    for (let position = 0; position < live.rollbacks; position += 1) {
      const rollback = { ...live, kind: "rollback" as const, position, live: name, rollbacks: 0 };
      await archive.ensureDistribution(tx, { ...rollback, name: `${name}-rollback${position}` });
    }
  });
  return name;
}

const fakeSigner: ReleaseSigner = {
  fingerprint: "0".repeat(40),
  clearsign: async (text) => `-----BEGIN PGP SIGNED MESSAGE-----\n\n${text}`,
  detachSign: async () => "signature\n",
};

/** A real key of an archive: one serves all tests of a file. */
export interface TestArchiveKey {
  readonly signer: ReleaseSigner;
  /** File with the public key. */
  readonly keyring: string;
  close(): Promise<void>;
}

export async function createTestArchiveKey(): Promise<TestArchiveKey> {
  const gpg = createTestGpg();
  const fingerprint = await gpg.makeKey("Archive");
  const keyring = join(gpg.home, "archive-keyring.gpg");
  await gpg.gpg(["--output", keyring, "--export", fingerprint]);
  const sign =
    (...args: string[]) =>
    (text: string) =>
      gpg.gpg(["--local-user", `${fingerprint}!`, ...args], text);
  const signer: ReleaseSigner = {
    fingerprint,
    clearsign: sign("--clearsign"),
    detachSign: sign("--armor", "--detach-sign"),
  };
  return { signer, keyring, close: () => gpg.close() };
}
