import { basename, dirname } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exec, execOk } from "#platform";
import { createPackageFactory, type PackageFactory } from "../package-support.ts";
import { splitDescription, translationStanzas } from "./translation.ts";

let factory: PackageFactory;
beforeEach(() => {
  factory = createPackageFactory();
});
afterEach(() => factory.close());

const stanza = (description: string) => `Package: foo\nVersion: 1\nDescription: ${description}\nTag: x::y\n`;

describe("descriptions", () => {
  test.each([
    ["one line", "just one line"],
    ["several", "first\n second\n .\n   indented\n last"],
    ["not ASCII", "Größe\n naïve ☃"],
  ])("are split off as apt-ftparchive does: %s", async (_what, description) => {
    const fields = { Package: "foo", Version: "1", Architecture: "all", Description: description };
    const deb = await factory.deb(fields);
    const args = ["-o", "APT::FTPArchive::LongDescription=false", "packages", basename(deb)];
    const { stdout } = await execOk(exec, "apt-ftparchive", args, { cwd: dirname(deb) });
    const theirs = /^Description: .*\nDescription-md5: .*\n/m.exec(stdout)?.[0];

    const split = splitDescription(stanza(description));

    expect(split?.short).toBe(`Package: foo\nVersion: 1\n${theirs}Tag: x::y\n`);
    expect(split?.description).toBe(description);
  });

  test("of equal text are there once, and packages without are not there", () => {
    const texts = translationStanzas("foo", [
      stanza("a\n b"),
      stanza("a\n b"),
      stanza("c"),
      "Package: foo\n",
    ]);

    expect(texts).toHaveLength(2);
    expect(texts[0]).toMatch(/^Package: foo\nDescription-md5: [0-9a-f]{32}\nDescription-en: a\n b\n\n$/);
  });
});
