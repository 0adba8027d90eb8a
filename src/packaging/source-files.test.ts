import { describe, expect, test } from "vitest";
import { type Dsc, parseDsc } from "#deb";
import { collectSourceFiles } from "./source-files.ts";

const sum = (letter: string) => letter.repeat(64);

/** A source with two upstream tarballs (dpkg-source(1), "Format: 3.0 (quilt)"). */
const DSC: Dsc = parseDsc(
  `Format: 3.0 (quilt)
Source: multi
Binary: multi
Architecture: all
Version: 1:1.0-2~test12+1
Maintainer: A <a@example.org>
Checksums-Sha256:
 ${sum("a")} 10 multi_1.0.orig-docs.tar.xz
 ${sum("b")} 20 multi_1.0.orig.tar.xz
 ${sum("c")} 30 multi_1.0-2~test12+1.debian.tar.xz
`,
  "multi.dsc",
);

const DOCS = { name: "multi_1.0.orig-docs.tar.xz", sha256: sum("a"), size: 10 };
const ORIG = { name: "multi_1.0.orig.tar.xz", sha256: sum("b"), size: 20 };
const DEBIAN = { name: "multi_1.0-2~test12+1.debian.tar.xz", sha256: sum("c"), size: 30 };

type File = typeof DOCS;

function collect(uploaded: readonly File[], pool: readonly File[]) {
  return collectSourceFiles(
    DSC,
    "multi.dsc",
    uploaded.map((file) => ({ ...file, upload_id: 1 })),
    "test",
    async (_repository, name) => pool.find((file) => file.name === name),
  );
}

const names = async (...lists: [readonly File[], readonly File[]]) =>
  (await collect(...lists)).map(({ name }) => name);
const ALL = [DOCS.name, ORIG.name, DEBIAN.name];

describe("the files of a source", () => {
  test("come all from the upload", async () => {
    expect(await names([DOCS, ORIG, DEBIAN], [])).toEqual(ALL);
  });

  test("may be in the pool, all upstream tarballs of several or one of them", async () => {
    expect(await names([DEBIAN], [DOCS, ORIG])).toEqual(ALL);
    expect(await names([DEBIAN, DOCS], [ORIG])).toEqual(ALL);
  });

  test("may be in both, with the same content", async () => {
    expect(await names([DOCS, ORIG, DEBIAN], [DOCS, ORIG])).toEqual(ALL);
  });

  test("must all be somewhere; the hint tells how", async () => {
    await expect(collect([DEBIAN, ORIG], [])).rejects.toMatchObject({
      code: "source_incomplete",
      message: `${DOCS.name}, which multi.dsc needs, is neither in the upload nor in the repository.`,
      hint: expect.stringContaining("-sa"),
    });
  });

  test("cannot have other content than the pool has under their names", async () => {
    const other = { ...ORIG, sha256: sum("f") };

    await expect(collect([DEBIAN, DOCS, ORIG], [other])).rejects.toMatchObject({ code: "pool_conflict" });
    await expect(collect([DEBIAN, DOCS], [other])).rejects.toMatchObject({ code: "pool_conflict" });
  });

  test("cannot have other content than the .dsc says", async () => {
    const wrong = { ...ORIG, size: 21 };

    await expect(collect([DEBIAN, DOCS, wrong], [])).rejects.toMatchObject({ code: "file_mismatch" });
  });
});
