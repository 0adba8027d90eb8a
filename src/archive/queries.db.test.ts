import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestArchive, type TestArchive } from "./archive-support.ts";

let fixture: TestArchive;
let unstable: string;
beforeEach(async () => {
  fixture = await createTestArchive();
  unstable = await fixture.live("unstable");
  await fixture.install("hello", "1.0-1", unstable);
  await fixture.install("hello", "1.0-2", unstable);
  await fixture.install("zoo", "2.0-1", unstable, "contrib");
});
afterEach(() => fixture.close());

describe("reading", () => {
  test("lists sources by name, by page, and by part of a name", async () => {
    const { archive } = fixture;
    const hello = {
      source: "hello",
      version: "1.0-2",
      component: "main",
      architectures: ["all", "amd64"],
      binaries: ["hello", "hello-doc"],
    };

    expect(await archive.list(unstable)).toMatchObject({ total: 2, sources: [hello, { source: "zoo" }] });
    expect(await archive.list(unstable, { limit: 1, offset: 1 })).toMatchObject({
      total: 2,
      sources: [{ source: "zoo" }],
    });
    expect(await archive.list(unstable, { search: "ello-D" })).toEqual({ total: 1, sources: [hello] });
    expect(await archive.list(`${unstable}-rollback0`)).toMatchObject({
      total: 1,
      sources: [{ version: "1.0-1" }],
    });
    expect(await archive.list(unstable, { search: "h_llo" })).toEqual({ total: 0, sources: [] });
    await expect(archive.list("none")).rejects.toMatchObject({ code: "not_found" });
  });

  test("shows a source with its files in every distribution", async () => {
    const details = await fixture.archive.sourceDetails(["test"], "hello");

    expect(details).toMatchObject([
      { distribution: unstable, kind: "live", version: "1.0-2", dsc: "pool/main/h/hello/hello_1.0-2.dsc" },
      { distribution: `${unstable}-rollback0`, kind: "rollback", position: 0, version: "1.0-1" },
    ]);
    expect(details[0]?.binaries.map(({ path, arch }) => [path, arch])).toEqual([
      ["pool/main/h/hello/hello_1.0-2_amd64.deb", "amd64"],
      ["pool/main/h/hello/hello-doc_1.0-2_all.deb", "all"],
    ]);
    expect(details[0]?.binaries.every(({ sizeBytes }) => sizeBytes > 500)).toBe(true);
  });

  test("finds files by name, and those of a release", async () => {
    const orig = await fixture.archive.poolFile("test", "hello_1.0.orig.tar.xz");
    const doc = await fixture.archive.poolFile("test", "zoo-doc_2.0-1_all.deb");
    const [place] = await fixture.archive.places("test", "hello");
    const files = await fixture.archive.releaseFiles(place?.releaseId ?? 0);

    expect(orig).toMatchObject({ poolPath: "pool/main/h/hello/hello_1.0.orig.tar.xz" });
    expect(await fixture.blobs.verify({ sha256: orig?.sha256 ?? "", sizeBytes: orig?.size ?? 0 })).toBe(true);
    expect(doc?.poolPath).toBe("pool/contrib/z/zoo/zoo-doc_2.0-1_all.deb");
    expect(await fixture.archive.poolFile("test", "hello_9.9.dsc")).toBeUndefined();
    expect(await fixture.archive.poolFile("other", "hello_1.0-1.dsc")).toBeUndefined();
    expect(files).toMatchObject({ source: "hello", version: "1.0-2", dsc: { name: "hello_1.0-2.dsc" } });
    expect(files.sourceFiles.map(({ name }) => name)).toEqual([
      "hello_1.0-2.debian.tar.xz",
      "hello_1.0.orig.tar.xz",
    ]);
    expect(files.debs).toHaveLength(2);
  });

  test("counts, and tells who owns a package", async () => {
    const counts = await fixture.archive.counts("test");
    const owners = await fixture.archive.ownersOf(unstable, ["hello-doc", "zoo", "nothing"]);

    expect(Object.fromEntries(counts)).toEqual({
      [unstable]: { sources: 2, packages: 4 },
      [`${unstable}-rollback0`]: { sources: 1, packages: 2 },
      [`${unstable}-rollback1`]: { sources: 0, packages: 0 },
    });
    expect(Object.fromEntries(owners)).toEqual({ "hello-doc": ["hello"], zoo: ["zoo"] });
  });
});
