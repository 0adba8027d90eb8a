import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { exec, execOk } from "#platform";
import { createTestApt } from "../apt-support.ts";
import { createTestArchive, type TestArchive } from "../archive-support.ts";
import { expectWholeAt, readRelease } from "./publish-support.ts";

// Each test makes several packages with the real tools.
vi.setConfig({ testTimeout: 60_000 });

const COMPLAINT = /^[WEN]:/m;

let fixture: TestArchive;
let unstable: string;
beforeEach(async () => {
  fixture = await createTestArchive({ signed: true });
  unstable = await fixture.live("unstable");
});
afterEach(() => fixture.close());

const dist = (name: string) => join(fixture.root, "dists", name);
const publish = (name = unstable) => fixture.archive.publish("test", name);

describe("what a distribution may ask for", () => {
  test("translations, weak sums, uncompressed indices: apt takes them all without a word", async () => {
    const options = { translations: true, md5: true, sha1: true, plain: true, validDays: 7 };
    const testing = await fixture.live("testing", {
      options,
      snapshots: "https://example.org/@SNAPSHOTID@/",
    });
    await fixture.install("hello", "1-1", testing);
    await publish(testing);

    const apt = await createTestApt({
      root: fixture.root,
      keyring: fixture.keyring,
      distribution: testing,
      components: ["main", "contrib"],
    });
    try {
      const update = await apt.get("-o", "Acquire::Languages=en", "update");
      const shown = await apt.cache("show", "hello");

      expect(update.text).not.toMatch(COMPLAINT);
      expect(apt.requests.some((request) => request.includes("/i18n/by-hash/"))).toBe(true);
      expect(shown.text).toMatch(/^Description-en: a test package\n It does nothing\./m);
    } finally {
      await apt.close();
    }

    const text = readFileSync(join(dist(testing), "Release"), "utf8");
    expect(text).toMatch(/^MD5Sum:\n(?: .*\n)+SHA1:\n(?: .*\n)+SHA256:\n/m);
    expect(text).toContain("Snapshots: https://example.org/@SNAPSHOTID@/\n");
    const packages = readFileSync(join(dist(testing), "main/binary-amd64/Packages"), "utf8");
    expect(packages).toMatch(/^Description: a test package\nDescription-md5: [0-9a-f]{32}\n/m);
    expect(packages).toMatch(/^MD5sum: [0-9a-f]{32}$/m);
    expect(packages).toMatch(/^SHA1: [0-9a-f]{40}$/m);
    await expectWholeAt(dist(testing));
  });

  test("weak sums asked for later are those of the files that are there", async () => {
    const testing = await fixture.live("testing");
    await fixture.install("hello", "1-1", testing);
    await publish(testing);

    await fixture.live("testing", { options: { md5: true, plain: true } });
    await publish(testing);

    const packages = readFileSync(join(dist(testing), "main/binary-amd64/Packages"), "utf8");
    const [, pool = ""] = /^Filename: (.*)$/m.exec(packages) ?? [];
    const md5 = createHash("md5")
      .update(readFileSync(join(fixture.root, pool)))
      .digest("hex");
    expect(packages).toContain(`MD5sum: ${md5}\n`);
    expect(packages).not.toMatch(/^SHA1:/m);
  });

  test("Contents can be left out", async () => {
    const testing = await fixture.live("testing", { options: { contents: false } });
    await fixture.install("hello", "1-1", testing);

    await publish(testing);

    expect([...readRelease(dist(testing)).files.keys()].filter((path) => path.includes("Contents"))).toEqual(
      [],
    );
  });

  test("Contents name the packages of paths, those of architecture all everywhere, and the files of sources", async () => {
    await fixture.install("hello", "1-1", unstable);
    await fixture.install("zoo", "1-1", unstable);
    await publish();
    const read = async (name: string) =>
      (await execOk(exec, "gzip", ["-dc", join(dist(unstable), "main", `${name}.gz`)])).stdout;

    expect(await read("Contents-arm64")).toBe(
      "usr/share/doc/hello-doc/changelog misc/hello-doc\nusr/share/doc/zoo-doc/changelog misc/zoo-doc\n",
    );
    expect(await read("Contents-amd64")).toMatch(/^usr\/share\/doc\/hello\/changelog misc\/hello$/m);
    expect(await read("Contents-source")).toContain("debian/changelog hello,zoo\n");
  });
});
