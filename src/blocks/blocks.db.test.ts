import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { By } from "#accounts";
import { type Database, openTestDatabase } from "#db";
import { systemClock } from "#platform";
import { type BlockPart, createBlocks, type OwnBlocks } from "./blocks.ts";
import { blockNames, buildBlocks, chrootBlocks } from "./find-blocks.ts";

const BY: By = { kind: "local", name: "local", client: "" };
const OWN: BlockPart = {
  ...{ name: "own", phase: "build", text: "echo one\n" },
  ...{ packages: [], variables: ["LEVEL=a b"], path: ["/opt/own/bin"] },
};
const OF_CHROOTS: BlockPart = {
  ...{ name: "tools", phase: "chroot", text: "true\n" },
  ...{ packages: ["less"], variables: [], path: [] },
};

let db: Database;
let blocks: OwnBlocks;
let records: unknown[];
beforeEach(async () => {
  db = await openTestDatabase();
  records = [];
  const audit = {
    done: async (_tx: unknown, _by: By, action: string, given?: unknown) => {
      records.push([action, given]);
    },
  };
  blocks = createBlocks({ db, clock: systemClock, audit });
});
afterEach(() => db.close());

const versionOf = async (block: BlockPart) => (await blocks.set(block, BY)).block.version;

describe("an own block", () => {
  test("is kept as data, and found as a whole by its name, in the order of a list", async () => {
    await blocks.set(OWN, BY);
    await blocks.set(OF_CHROOTS, BY);

    expect(await buildBlocks(db.read, ["own", "ccache"])).toMatchObject([
      {
        ...{ name: "own", version: "1", text: "echo one\n", caches: [] },
        ...{ variables: { LEVEL: "a b" }, path: ["/opt/own/bin"] },
      },
      { name: "ccache", caches: ["ccache"] },
    ]);
    expect(await chrootBlocks(db.read, ["eatmydata", "tools"])).toMatchObject([
      { name: "eatmydata", packages: ["eatmydata"] },
      { name: "tools", version: "1", packages: ["less"], text: "true\n" },
    ]);
    expect(await blockNames(db.read, "chroot")).toEqual(["eatmydata", "extra-ca", "tools"]);
    expect(records).toEqual([
      ["block.set", { block: "own", phase: "build", version: "1" }],
      ["block.set", { block: "tools", phase: "chroot", version: "1" }],
    ]);
  });

  test("gets another version with every change, and only then; also when it was removed in between", async () => {
    const versions = [
      await versionOf(OWN),
      await versionOf(OWN),
      await versionOf({ ...OWN, text: "echo two\n" }),
      await versionOf({ ...OWN, text: "echo two\n", variables: [] }),
    ];
    await blocks.remove("own", BY);
    const again = await versionOf({ ...OWN, text: "echo two\n", variables: [] });

    expect([...versions, again]).toEqual(["1", "1", "2", "3", "4"]);
    expect(records).toHaveLength(5);
  });

  test("that was removed is not there any more", async () => {
    await blocks.set(OWN, BY);
    await blocks.remove("own", BY);

    expect(await blockNames(db.read, "build")).not.toContain("own");
    await expect(blocks.find("own")).rejects.toMatchObject({ code: "not_found" });
    await expect(blocks.remove("own", BY)).rejects.toMatchObject({ code: "not_found" });
    await expect(buildBlocks(db.read, ["own"])).rejects.toThrow("Block 'own' was not found.");
  });

  test("that a chroot lists stays", async () => {
    await blocks.set(OF_CHROOTS, BY);
    await db.write((tx) =>
      tx
        .insertInto("chroot")
        .values({
          ...{ codename: "bookworm", arch: "amd64", backend: "unshare", state: "missing" },
          ...{ tarball: null, stamp: null, error: null, made_at: null, checked_at: null },
          blocks: '["tools"]',
        })
        .execute(),
    );

    expect((await blocks.find("tools")).users).toEqual(["bookworm:amd64"]);
    await expect(blocks.remove("tools", BY)).rejects.toThrow("tools is listed by bookworm:amd64");
  });

  test("keeps its phase", async () => {
    await blocks.set(OWN, BY);

    await expect(blocks.set({ ...OF_CHROOTS, name: "own" }, BY)).rejects.toThrow(
      "block own is one of builds; give this one another name",
    );
  });

  test.each<[string, Partial<BlockPart>]>([
    ["ccache is a block of the program", { name: "ccache" }],
    ["extra-ca is a block of the program", { name: "extra-ca" }],
    ["is not a name of lower case letters", { name: "../x" }],
    ["is not a name of", { name: "a".repeat(33) }],
    ["is not a shell text of at most", { text: "ä".repeat(32_769) }],
    ["is not a shell text of at most", { text: "a\0b" }],
    ["only blocks of chroots have packages", { packages: ["less"] }],
    ["is not NAME=VALUE", { variables: ["PATH=/tmp"] }],
    ["is not NAME=VALUE", { variables: ["LD_PRELOAD=x"] }],
    ["is not NAME=VALUE", { variables: ["A='; system q(id)"] }],
    ["is not NAME=VALUE", { variables: ["A"] }],
    ["is not an absolute directory", { path: ["/opt/../etc"] }],
    ["is not an absolute directory", { path: ["/a:/b"] }],
    ["it has more than 100", { path: Array.from({ length: 101 }, (_, n) => `/${n}`) }],
  ])("is refused: %s", async (message, change) => {
    await expect(blocks.set({ ...OWN, ...change }, BY)).rejects.toThrow(message);
    expect(await blockNames(db.read, "build")).toHaveLength(4);
  });
});

test("the program's blocks are listed, and cannot be removed", async () => {
  const names = (await blocks.list()).map(({ name, builtIn }) => [name, builtIn]);

  expect(names).toEqual(
    ["eatmydata", "extra-ca", "apt-archived", "apt-ipv4", "ccache", "no-debug-packages"].map((name) => [
      ...[name, true],
    ]),
  );
  await expect(blocks.remove("ccache", BY)).rejects.toThrow("ccache is one of the program");
});
