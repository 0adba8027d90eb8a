import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test as plainTest } from "vitest";
import { createTestApt, type TestApt } from "../apt-support.ts";
import {
  createTestArchive,
  createTestArchiveKey,
  type TestArchive,
  type TestArchiveKey,
} from "../archive-support.ts";
import type { PublishedRelease } from "../release-file.ts";
import { expectWholeAt, readRelease } from "./publish-support.ts";

/** The live distribution of a `PublishedArchive`; functions that take one mean this by default. */
export const UNSTABLE = "bookworm-test-unstable";

/** What apt says to a user who should look. */
export const COMPLAINT = /^[WEN]:/m;

/** A signed archive with a live distribution, which tests publish and look at as clients do. */
export interface PublishedArchive extends TestArchive {
  /** The archive's clock, which stands still but for `later`. */
  now(): Date;
  later(ms: number): void;
  publish(distribution?: string): Promise<unknown>;
  /** Directory of a distribution, as clients see it. */
  dist(distribution?: string): string;
  release(distribution?: string): PublishedRelease;
  generations(): string[];
  /** Every file that Release lists is there with its sums. */
  expectWhole(distribution?: string): Promise<void>;
  withApt<T>(use: (apt: TestApt) => Promise<T>, distribution?: string): Promise<T>;
}

async function createPublishedArchive({ signer, keyring }: TestArchiveKey): Promise<PublishedArchive> {
  let time = new Date();
  const now = () => time;
  const fixture = await createTestArchive({ signer, clock: { now } });
  await fixture.live("unstable");
  const dist = (name = UNSTABLE) => join(fixture.root, "dists", name);
  return {
    ...fixture,
    now,
    later(ms) {
      time = new Date(time.getTime() + ms);
    },
    publish: (name = UNSTABLE) => fixture.archive.publish("test", name),
    dist,
    release: (name) => readRelease(dist(name)),
    generations: () =>
      readdirSync(join(fixture.root, ".generations", UNSTABLE)).filter((name) => /^[0-9]+$/.test(name)),
    expectWhole: (name) => expectWholeAt(dist(name)),
    async withApt(use, distribution = UNSTABLE) {
      const components = ["main", "contrib"];
      const apt = await createTestApt({ root: fixture.root, keyring, distribution, components });
      try {
        return await use(apt);
      } finally {
        await apt.close();
      }
    },
  };
}

interface Given {
  /** Making one takes time: all tests of a file have the same. */
  key: TestArchiveKey;
  fixture: PublishedArchive;
}

// Vitest reads from the pattern what a fixture needs.
// oxlint-disable no-empty-pattern

/** A test with a published archive of its own. */
export const test = plainTest.extend<Given>({
  key: [
    // biome-ignore lint/correctness/noEmptyPattern: it needs nothing
    async ({}, use) => {
      const key = await createTestArchiveKey();
      await use(key);
      await key.close();
    },
    { scope: "file" },
  ],
  fixture: async ({ key }, use) => {
    const fixture = await createPublishedArchive(key);
    await use(fixture);
    await fixture.close();
  },
});
