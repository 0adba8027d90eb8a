import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeversionOf, isCodeversion } from "./codeversion.ts";
import { mutated } from "./fuzz-support.ts";
import { compareVersions } from "./version.ts";

describe("codeversionOf", () => {
  it.each([
    ["Debian", "13.7", "trixie", "13"],
    ["Debian", "12", "bookworm", "12"],
    ["Debian", "7.11", "wheezy", "7"],
    ["Debian", "6.0.10", "squeeze", "60"],
    ["Debian", "4.0r9", "etch", "40"],
    ["Debian", "3.1r8", "sarge", "31"],
    ["Foo", "rolling", "roll", "~ROLL"],
    ["Ubuntu", "24.04", "noble", "2404"],
    ["Ubuntu", "6.06", "dapper", "606"],
    ["Ubuntu", "12.10", "quantal", "1210"],
    ["Debian", undefined, "sid", "~SID"],
    ["Debian", undefined, "forky", "~FORKY"],
    ["Devuan", "5.0.1", "daedalus", "50"],
    ["Raspbian", "12", "bookworm", "12"],
  ])("%s, %s, %s: %s", (origin, version, codename, expected) => {
    expect(codeversionOf({ origin, version, codename })).toBe(expected);
  });

  it.each([
    ["Kali", undefined, "kali-rolling"],
    ["Foo", "20240101.1", "foo"],
    ["Foo", undefined, ""],
  ])("has none for %s, %s, %s", (origin, version, codename) => {
    expect(codeversionOf({ origin, version, codename })).toBeUndefined();
  });

  it("never gives anything of another form", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("Debian", "Ubuntu"),
        mutated(["6.0.10", "4.0r9", "24.04"]),
        (origin, version) => {
          expect(isCodeversion(codeversionOf({ origin, version, codename: "sid" }) ?? "1")).toBe(true);
        },
      ),
    );
  });
});

describe("isCodeversion", () => {
  it.each(["", "~", "~sid", "~9", "123456789", "SID", "12\n", "~SID-X"])("refuses %j", (text) => {
    expect(isCodeversion(text)).toBe(false);
  });
});

it("sorts a rolling release below every number", () => {
  expect(compareVersions("1.0~test~SID+9", "1.0~test0+0")).toBe(-1);
});
