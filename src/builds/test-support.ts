import type { Block, BuildDescription } from "./build-description.ts";
import { DEFAULT_LIMITS } from "./build-description.ts";

/** A description as packaging makes them, for tests. */
export function exampleDescription(changes: Partial<BuildDescription> = {}): BuildDescription {
  return {
    build: 31,
    bkey: "hello/2.10-3~test12+1/20240102T030000Z/source amd64",
    attempt: 1,
    fence: 1,
    source: "hello",
    version: "2.10-3~test12+1",
    distribution: "bookworm-test-unstable",
    codename: "bookworm",
    arch: "amd64",
    buildAny: true,
    buildAll: false,
    files: [
      { name: "hello_2.10-3~test12+1.dsc", sizeBytes: 100, sha256: "a".repeat(64) },
      { name: "hello_2.10.orig.tar.gz", sizeBytes: 200, sha256: "b".repeat(64) },
    ],
    apt: {
      base: {
        name: "debian-bookworm",
        uris: ["http://archive.example.org/debian/"],
        suite: "bookworm",
        components: ["main", "contrib"],
        key: Buffer.from("base key").toString("base64"),
        checkValidUntil: true,
      },
      extra: [],
      own: [],
      ownKey: Buffer.from("own key").toString("base64"),
    },
    tool: { resolver: "auto", addDepends: [], debBuildOptions: [], debBuildProfiles: [], blocks: [] },
    qa: {
      experimental: false,
      lintian: { mode: "ERRFAIL", options: ["--info"] },
      autopkgtest: { mode: "DISABLED" },
      piuparts: { mode: "DISABLED" },
    },
    limits: DEFAULT_LIMITS,
    ...changes,
  };
}

/** A block of a description, for tests. */
export function exampleBlock(changes: Partial<Block> = {}): Block {
  return {
    ...{ name: "own", version: "1", text: "", variables: {}, path: [] },
    ...{ apt: {}, options: [], caches: [], ...changes },
  };
}
