import { afterEach, beforeEach, expect, test } from "vitest";
import { blockList } from "./block-list.ts";
import { createSettings, type Settings } from "./settings-service.ts";
import { BY, openSettingsBench, type SettingsBench } from "./settings-support.ts";

const KNOWN = "known: apt-archived, apt-ipv4, ccache, no-debug-packages, own";

let bench: SettingsBench;
let settings: Settings;
beforeEach(async () => {
  bench = await openSettingsBench();
  settings = createSettings(bench.deps);
  await bench.addRepository("test", "Default", await bench.addSource("bookworm"));
  await bench.db.write(async (tx) => {
    const none = { tarball: null, stamp: null, error: "no space", made_at: null, checked_at: null };
    await tx
      .insertInto("chroot")
      .values({ ...none, codename: "bookworm", arch: "amd64", backend: "unshare", state: "error" })
      .execute();
    const own = { version: 1, removed: 0 as const, text: "", packages: "[]", variables: "{}", path: "[]" };
    await tx
      .insertInto("block")
      .values({ ...own, name: "own", phase: "build", changed_at: "" })
      .execute();
  });
});
afterEach(() => bench.db.close());

const setBlocks = (kind: "distribution" | "chroot", name: string, blocks: string) =>
  settings.set(kind, name, { blocks }, BY);

test("a distribution lists blocks of builds in the order that was given", async () => {
  const { changes } = await setBlocks("distribution", "bookworm-test", "own, ccache");

  expect(changes).toEqual([{ name: "blocks", from: "", to: "own ccache" }]);
  expect(bench.records).toEqual([
    { action: "distribution.set", given: { distribution: "bookworm-test", blocks: "own ccache" } },
  ]);
});

test("builds of a distribution that have not begun go by its new blocks", async () => {
  await bench.addPackaging();

  const { notes } = await setBlocks("distribution", "bookworm-test", "ccache");

  expect(notes).toEqual([expect.stringContaining("that have not begun go by the new values.")]);
});

test("a chroot lists blocks of chroots, and is said to be made again", async () => {
  await bench.db.write((tx) => tx.updateTable("block").set({ phase: "chroot" }).execute());

  const { changes, notes } = await setBlocks("chroot", "bookworm:amd64", "own eatmydata");

  expect(changes).toEqual([{ name: "blocks", from: "eatmydata", to: "own eatmydata" }]);
  expect(notes).toEqual([expect.stringContaining("Chroot bookworm:amd64 is made again")]);
  expect(bench.records).toMatchObject([{ action: "chroot.set" }]);
});

test("a chroot is shown as it is, and may have no blocks", async () => {
  await setBlocks("chroot", "bookworm:amd64", "");

  const views = await settings.show("chroot", "bookworm:amd64");

  expect(views.map(({ name, value }) => [name, value])).toEqual([
    ["state", "error"],
    ["made_at", ""],
    ["error", "no space"],
    ["blocks", ""],
  ]);
});

test.each<["distribution" | "chroot", string, string, string]>([
  ["distribution", "bookworm-test", "nope", `there is no block "nope" of builds; ${KNOWN}.`],
  ["distribution", "bookworm-test", "eatmydata", `there is no block "eatmydata" of builds; ${KNOWN}.`],
  ["distribution", "bookworm-test", "own own", '"own" is there twice'],
  ["chroot", "bookworm:amd64", "own", 'no block "own" of chroots; known: eatmydata, extra-ca.'],
  ["chroot", "bookworm:s390x", "", "there is no chroot 'bookworm:s390x'; known: bookworm:amd64."],
])("of %s %s: '%s' is refused", async (kind, name, blocks, message) => {
  await expect(setBlocks(kind, name, blocks)).rejects.toThrow(message);
});

test("a block that was removed is not known any more", async () => {
  await bench.db.write((tx) => tx.updateTable("block").set({ removed: 1 }).execute());

  await expect(setBlocks("distribution", "bookworm-test", "own")).rejects.toThrow("there is no block");
});

test("a block that the machine lacks something for is refused before anything is written", async () => {
  const needs = async (name: string) => {
    if (name === "extra-ca") throw new Error("block extra-ca: there is no certificate");
  };
  const { check } = blockList({
    ...{ phase: "chroot", doc: "", read: () => "[]", write: async () => undefined, needs },
  });
  const refuse = (reason: string): never => {
    throw new Error(`refused: ${reason}`);
  };

  await expect(check?.("eatmydata extra-ca", refuse)).rejects.toThrow("refused: block extra-ca: there is no");
  await expect(check?.("eatmydata", refuse)).resolves.toBeUndefined();
});
