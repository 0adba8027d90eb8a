import { describe, expect, it } from "vitest";
import { checkControl } from "./deb-control.ts";
import { debFileName, parseDebFileName } from "./deb-filename.ts";
import { CONTROL } from "./deb-test-support.ts";
import { parseStanza } from "./deb822.ts";
import { FormatError } from "./errors.ts";

const NAME = "hello_2.10-3_amd64.deb";

/** The check of the good control file with a field set, or left out. */
function check(field: string, value: string | undefined, fileName?: string) {
  const good = parseStanza(CONTROL, { what: NAME });
  return checkControl(value === undefined ? good.without(field) : good.with(field, value), fileName);
}

describe("checkControl", () => {
  it("tells what the package is", () => {
    expect(checkControl(parseStanza(CONTROL, { what: NAME }), NAME)).toEqual({
      packageName: "hello",
      version: "1:2.10-3",
      architecture: "amd64",
      maintainer: "Jo Doe <jo@example.org>",
      source: "hello",
      sourceVersion: "1:2.10-3",
    });
  });

  it.each([
    ["greeter", "greeter", "1:2.10-3"],
    ["greeter (1.0-1)", "greeter", "1.0-1"],
  ])("reads Source %s", (text, source, sourceVersion) => {
    expect(check("Source", text)).toMatchObject({ source, sourceVersion });
  });

  it.each(["Package", "Version", "Architecture", "Maintainer", "Description"])("demands %s", (field) => {
    expect(() => check(field, undefined)).toThrow(FormatError);
    expect(() => check(field, undefined)).toThrow(`${NAME}, field "${field}": this field is missing.`);
    expect(() => check(field, "")).toThrow(/this field is empty/);
  });

  it.each([
    ["Package", "Hello"],
    ["Package", "h"],
    ["Package", "../hello"],
    ["Package", "hello world"],
    ["Package", "hello\n more"],
    ["Version", "abc"],
    ["Version", "1.0_1"],
    ["Version", "a:1.0"],
    ["Version", "1.0-"],
    ["Version", "1/../2"],
    ["Version", "1 2"],
    ["Architecture", "any"],
    ["Architecture", "linux-any"],
    ["Architecture", "any-amd64"],
    ["Architecture", "source"],
    ["Architecture", "amd64 i386"],
    ["Architecture", "AMD64"],
    ["Maintainer", "a\n b"],
    ["Source", "Greeter"],
    ["Source", "greeter(1.0)"],
    ["Source", "greeter (1.0) x"],
    ["Source", "greeter (1_0)"],
    ["Source", "greeter ()"],
  ])("refuses %s: %j", (field, value) => {
    expect(() => check(field, value)).toThrow(FormatError);
    expect(() => check(field, value)).toThrow(
      new RegExp(`^hello_2\\.10-3_amd64\\.deb.*field "${field}": [^\\n]+\\.$`),
    );
  });

  it.each([
    "hello_1:2.10-3_amd64.deb",
    "hello_2.10-3_i386.deb",
    "hello_2.10-4_amd64.deb",
    "hallo_2.10-3_amd64.deb",
    "hello_2.10-3_amd64.rpm",
    "pool/hello_2.10-3_amd64.deb",
    "hello.deb",
  ])("refuses the file name %s", (fileName) => {
    expect(() => check("Priority", "optional", fileName)).toThrow(FormatError);
  });

  it("names the expected file", () => {
    expect(() => check("Architecture", "all", NAME)).toThrow(
      `${NAME}: after its control file the package must be named hello_2.10-3_all.deb.`,
    );
  });
});

describe("file names of binary packages", () => {
  it.each([
    [
      "hello_2.10-3_amd64.deb",
      { packageName: "hello", version: "2.10-3", architecture: "amd64", ending: "deb" },
    ],
    ["a+b_1~rc1_all.udeb", { packageName: "a+b", version: "1~rc1", architecture: "all", ending: "udeb" }],
    [
      "x-dbgsym_1_arm64.ddeb",
      { packageName: "x-dbgsym", version: "1", architecture: "arm64", ending: "ddeb" },
    ],
  ] as const)("%s", (name, parts) => {
    expect(parseDebFileName(name)).toEqual(parts);
    expect(debFileName({ ...parts, version: `3:${parts.version}` })).toBe(name);
  });
});
