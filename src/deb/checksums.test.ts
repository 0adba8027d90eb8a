import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSameFiles, parseChangesFiles, parseChecksumsSha256, parseDscFiles } from "./checksums.ts";
import { mutated, onlyFormatError } from "./fuzz-support.ts";

const SHA = "0123456789abcdef".repeat(4);
const MD5 = "0123456789abcdef".repeat(2);
const place = { what: "x.dsc", field: "Checksums-Sha256" };

describe("parseChecksumsSha256", () => {
  it("reads one file a line", () => {
    const value = `\n ${SHA} 12 a.tar.xz\n  ${SHA}\t0  b_1.0~x+1-2.dsc`;

    expect(parseChecksumsSha256(value, place)).toEqual([
      { name: "a.tar.xz", size: 12, sha256: SHA },
      { name: "b_1.0~x+1-2.dsc", size: 0, sha256: SHA },
    ]);
  });

  it.each([
    ["", /list is empty/],
    [`${SHA} 1 a`, /must begin in the line below/],
    [`\n ${SHA} 1`, /does not have 3 columns/],
    [`\n ${SHA} 1 a b`, /does not have 3 columns/],
    [`\n ${SHA} 1 a\n ${SHA} 1 a`, /"a" is listed twice/],
    [`\n ${SHA} 1 ../a`, /"\.\.\/a" is not an allowed file name/],
    [`\n ${SHA} 1 .a`, /not an allowed file name/],
    [`\n ${SHA} -1 a`, /"-1" is not a file size/],
    [`\n ${SHA} 01 a`, /not a file size/],
    [`\n ${SHA} 1e3 a`, /not a file size/],
    [`\n ${SHA} 9007199254740993 a`, /not a file size/],
    [`\n ${SHA.toUpperCase()} 1 a`, /not a sum of 64/],
    [`\n ${SHA}0 1 a`, /not a sum of 64/],
  ])("refuses %j", (value, message) => {
    expect(() => parseChecksumsSha256(value, place)).toThrow(message);
  });
});

describe("parseDscFiles and parseChangesFiles", () => {
  it("read their columns", () => {
    expect(parseDscFiles(`\n ${MD5} 5 a`, place)).toEqual([{ name: "a", size: 5, md5: MD5 }]);
    expect(parseChangesFiles(`\n ${MD5} 5 contrib/net optional a`, place)).toEqual([
      { name: "a", size: 5, md5: MD5, section: "contrib/net", priority: "optional" },
    ]);
    expect(() => parseChangesFiles(`\n ${MD5} 5 a`, place)).toThrow(/does not have 5 columns/);
    expect(() => parseDscFiles(`\n ${SHA} 5 a`, place)).toThrow(/not a sum of 32/);
  });
});

describe("checkSameFiles", () => {
  const a = { name: "a", size: 1 };
  const b = { name: "b", size: 2 };

  it("ignores the order", () => {
    expect(() => checkSameFiles([a, b], [b, a], place)).not.toThrow();
  });

  it.each([
    [[a], [a, b], /"b" in only one/],
    [[a, b], [a], /"b" in only one/],
    [[a], [{ name: "a", size: 2 }], /"a" different sizes/],
  ])("sees a difference", (first, second, message) => {
    expect(() => checkSameFiles(first, second, place)).toThrow(message);
  });
});

it("takes any input", () => {
  const samples = [`\n ${SHA} 12 a.tar.xz\n ${SHA} 0 b`, `\n ${MD5} 5 net optional a`];
  fc.assert(
    fc.property(
      mutated(samples),
      fc.constantFrom(parseChecksumsSha256, parseDscFiles, parseChangesFiles),
      (text, parse) => {
        onlyFormatError(() => parse(text, place));
      },
    ),
    { numRuns: 1000 },
  );
});
