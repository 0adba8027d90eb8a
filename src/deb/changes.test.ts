import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseChanges } from "./changes.ts";
import { mutated, onlyFormatError } from "./fuzz-support.ts";

const SHA = "0123456789abcdef".repeat(4);
const MD5 = "0123456789abcdef".repeat(2);
const TEXT = `Format: 1.8
Date: Tue, 02 Jan 2024 03:04:05 +0000
Source: hello
Architecture: source
Version: 2.10-3~test12+1
Distribution: bookworm-test-unstable
Urgency: medium
Maintainer: Santiago Vila <sanvila@example.org>
Changed-By: Jane Doe <jane@example.org>
Changes:
 hello (2.10-3~test12+1) bookworm-test-unstable; urgency=medium
 .
   * New upstream release.
Checksums-Sha256:
 ${SHA} 1183 hello_2.10-3~test12+1.dsc
 ${SHA} 12688 hello_2.10-3~test12+1.debian.tar.xz
Files:
 ${MD5} 12688 contrib/devel optional hello_2.10-3~test12+1.debian.tar.xz
 ${MD5} 1183 contrib/devel optional hello_2.10-3~test12+1.dsc
`;

describe("parseChanges", () => {
  it("reads an upload", () => {
    const changes = parseChanges(TEXT, "hello.changes");

    expect(changes).toMatchObject({
      format: "1.8",
      source: "hello",
      version: "2.10-3~test12+1",
      architectures: ["source"],
      distribution: "bookworm-test-unstable",
      urgency: "medium",
      maintainer: "Santiago Vila <sanvila@example.org>",
      changedBy: "Jane Doe <jane@example.org>",
      originallyChangedBy: undefined,
      changes: "hello (2.10-3~test12+1) bookworm-test-unstable; urgency=medium\n\n  * New upstream release.",
    });
    const common = { section: "contrib/devel", priority: "optional", md5: MD5, sha256: SHA };
    expect(changes.files).toEqual([
      { name: "hello_2.10-3~test12+1.dsc", size: 1183, ...common },
      { name: "hello_2.10-3~test12+1.debian.tar.xz", size: 12688, ...common },
    ]);
  });

  it("takes the maintainer where Changed-By is missing", () => {
    const changes = parseChanges(without("Changed-By"));
    expect(changes.changedBy).toBe("Santiago Vila <sanvila@example.org>");
  });

  it("reads who made the version a port is of", () => {
    const field = "X-Mini-Buildd-Originally-Changed-By: A <a@example.org>";
    expect(parseChanges(`${TEXT}${field}\n`).originallyChangedBy).toBe("A <a@example.org>");
  });

  const required = ["Format", "Source", "Version", "Architecture", "Distribution", "Maintainer", "Changes"];
  it.each([...required, "Checksums-Sha256", "Files"])("needs exactly one field %s", (field) => {
    expect(() => parseChanges(without(field))).toThrow(`field "${field}": this field is missing.`);
    expect(() => parseChanges(`${TEXT}${field.toUpperCase()}: x\n`)).toThrow(/this field is given twice/);
    const empty = TEXT.replace(new RegExp(`^${field}:.*\\n(?: .*\\n)*`, "m"), `${field}:\n`);
    expect(() => parseChanges(empty)).toThrow(/this field is empty/);
  });

  it.each([
    [`${TEXT}Changed-By: x\n`, /"Changed-By": this field is given twice/],
    [`${TEXT}\nA: b\n`, /line 21: a second paragraph/],
    [TEXT.replace("Format: 1.8", "Format: 2.0"), /"2.0" is not supported/],
    [TEXT.replace("Source: hello", "Source: hello (1.0)"), /not a valid name/],
    [TEXT.replace("Source: hello", "Source: ../hello"), /not a valid name/],
    [TEXT.replace("Version: 2", "Version: a2"), /"Version": "a2.* is not a valid version/],
    [TEXT.replace("Version: 2.10", "Version:\n 2.10"), /must be a single line/],
    [TEXT.replace(": bookworm-test-unstable", ": bookworm-test-unstable sid"), /exactly one distribution/],
    [TEXT.replace(": bookworm-test-unstable", ":\n bookworm-test-unstable"), /exactly one distribution/],
    [TEXT.replace("Architecture: source", "Architecture: source Amd64"), /"Amd64" is not an architecture/],
    [TEXT.replace("1183 contrib", "1184 contrib"), /different sizes/],
    [TEXT.replace("optional hello_2.10-3~test12+1.dsc", "optional other.dsc"), /in only one of its lists/],
    [TEXT.replaceAll("hello_2.10-3~test12+1.dsc", "../x.dsc"), /not an allowed file name/],
    [`-----BEGIN PGP SIGNED MESSAGE-----\n\n${TEXT}`, /^changes file, line 1: /],
    [TEXT.replace(/^Changes:/m, `X: ${"x".repeat(1024 * 1024)}\nChanges:`), /longer than 1048576/],
  ])("refuses (%#)", (text, message) => {
    expect(() => parseChanges(text)).toThrow(message);
  });

  it("takes any input", () => {
    const accepted = { count: 0 };
    fc.assert(
      fc.property(mutated([TEXT]), (text) => {
        if (onlyFormatError(() => parseChanges(text))) accepted.count += 1;
      }),
      { numRuns: 2000 },
    );
    expect(accepted.count).toBeGreaterThan(0);
  });
});

function without(field: string): string {
  return TEXT.replace(new RegExp(`^${field}:.*\\n(?: .*\\n)*`, "m"), "");
}
