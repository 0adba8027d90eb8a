import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, vi } from "vitest";
import { exec, execOk } from "#platform";
import { COMPLAINT, test, UNSTABLE } from "./published-support.ts";

// Packages are made with the real tools.
vi.setConfig({ testTimeout: 60_000 });

/** Of each source, in the order of names; what stands in a list, in the order of files. */
function sha1Lists(sources: string): string[][] {
  return [...sources.matchAll(/^Checksums-Sha1:\s*\n((?: .*\n)+)/gm)]
    .map(([, lines = ""]) =>
      lines
        .trimEnd()
        .split("\n")
        .sort((a, b) => (a.split(" ").at(-1) ?? "").localeCompare(b.split(" ").at(-1) ?? "")),
    )
    .sort((a, b) => (a[0]?.split(" ").at(-1) ?? "").localeCompare(b[0]?.split(" ").at(-1) ?? ""));
}

describe("what a distribution may ask for", () => {
  test("translations, weak sums, uncompressed indices: apt takes them all without a word", async ({
    fixture,
  }) => {
    const options = { translations: true, md5: true, sha1: true, plain: true, validDays: 7 };
    const testing = await fixture.live("testing", {
      options,
      snapshots: "https://example.org/@SNAPSHOTID@/",
    });
    await fixture.install("hello", "1-1", testing);
    await fixture.publish(testing);

    await fixture.withApt(async (apt) => {
      const update = await apt.get("-o", "Acquire::Languages=en", "update");
      const shown = await apt.cache("show", "hello");

      expect(update.text).not.toMatch(COMPLAINT);
      expect(apt.requests.some((request) => request.includes("/i18n/by-hash/"))).toBe(true);
      expect(shown.text).toMatch(/^Description-en: a test package\n It does nothing\./m);
    }, testing);

    const text = readFileSync(join(fixture.dist(testing), "Release"), "utf8");
    expect(text).toMatch(/^MD5Sum:\n(?: .*\n)+SHA1:\n(?: .*\n)+SHA256:\n/m);
    expect(text).toContain("Snapshots: https://example.org/@SNAPSHOTID@/\n");
    const packages = readFileSync(join(fixture.dist(testing), "main/binary-amd64/Packages"), "utf8");
    expect(packages).toMatch(/^Description: a test package\nDescription-md5: [0-9a-f]{32}\n/m);
    expect(packages).toMatch(/^MD5sum: [0-9a-f]{32}$/m);
    expect(packages).toMatch(/^SHA1: [0-9a-f]{40}$/m);
    await fixture.expectWhole(testing);
  });

  test("SHA-1 sums of sources are those of apt-ftparchive, in all ways that an index is made", async ({
    fixture,
  }) => {
    const testing = await fixture.live("testing", { options: { sha1: true, plain: true } });
    await fixture.install("hello", "1-1", testing);
    await fixture.publish(testing);
    // Made anew at first; then only what comes.
    await fixture.install("zoo", "2-1", testing);
    await fixture.publish(testing);

    const ours = readFileSync(join(fixture.dist(testing), "main/source/Sources"), "utf8");
    const theirs = await execOk(exec, "apt-ftparchive", ["sources", "pool/main"], { cwd: fixture.root });

    expect(sha1Lists(ours)).toHaveLength(2);
    expect(sha1Lists(ours)).toEqual(sha1Lists(theirs.stdout));
    expect(ours).toMatch(/^Checksums-Sha1:\n(?: .*\n)+Checksums-Sha256:\n/m);
    await fixture.expectWhole(testing);
  });

  test("weak sums asked for later are those of the files that are there", async ({ fixture }) => {
    const testing = await fixture.live("testing");
    await fixture.install("hello", "1-1", testing);
    await fixture.publish(testing);

    await fixture.live("testing", { options: { md5: true, plain: true } });
    await fixture.publish(testing);

    const sources = readFileSync(join(fixture.dist(testing), "main/source/Sources"), "utf8");
    expect(sources).not.toContain("Checksums-Sha1");
    const packages = readFileSync(join(fixture.dist(testing), "main/binary-amd64/Packages"), "utf8");
    const [, pool = ""] = /^Filename: (.*)$/m.exec(packages) ?? [];
    const md5 = createHash("md5")
      .update(readFileSync(join(fixture.root, pool)))
      .digest("hex");
    expect(packages).toContain(`MD5sum: ${md5}\n`);
    expect(packages).not.toMatch(/^SHA1:/m);
  });

  test("Contents can be left out", async ({ fixture }) => {
    const testing = await fixture.live("testing", { options: { contents: false } });
    await fixture.install("hello", "1-1", testing);

    await fixture.publish(testing);

    expect([...fixture.release(testing).files.keys()].filter((path) => path.includes("Contents"))).toEqual(
      [],
    );
  });

  test("Contents name the packages of paths, those of architecture all everywhere, and the files of sources", async ({
    fixture,
  }) => {
    await fixture.install("hello", "1-1", UNSTABLE);
    await fixture.install("zoo", "1-1", UNSTABLE);
    await fixture.publish();
    const read = async (name: string) =>
      (await execOk(exec, "gzip", ["-dc", join(fixture.dist(), "main", `${name}.gz`)])).stdout;

    expect(await read("Contents-arm64")).toBe(
      "usr/share/doc/hello-doc/changelog misc/hello-doc\nusr/share/doc/zoo-doc/changelog misc/zoo-doc\n",
    );
    expect(await read("Contents-amd64")).toMatch(/^usr\/share\/doc\/hello\/changelog misc\/hello$/m);
    expect(await read("Contents-source")).toContain("debian/changelog hello,zoo\n");
  });
});
