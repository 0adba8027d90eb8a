import { describe, expect, it } from "vitest";
import * as names from "./names.ts";

type Check = (text: string) => boolean;

const CASES: readonly (readonly [string, Check, readonly string[], readonly string[]])[] = [
  [
    "file name",
    names.isFileName,
    ["a", "hello_1.0-1~x+y.dsc", "A".repeat(240)],
    ["", ".x", "-x", "a/b", "a:b", "..", "a\n", "A".repeat(241)],
  ],
  [
    ".changes name",
    names.isChangesFileName,
    ["hello_1.0_source.changes", "a+b_1~2-3_amd64.changes"],
    [
      "hello_1:1.0_source.changes",
      "Hello_1_source.changes",
      "h_1_source.changes",
      "hello_1.changes",
      `h${"a".repeat(230)}_1_source.changes`,
    ],
  ],
  [
    "source package",
    names.isSourcePackage,
    ["hello", "0ad", "a+", "libc++-1.0"],
    ["a", "Hello", "-a", "a_b", "a".repeat(101)],
  ],
  [
    "architecture",
    names.isArchitecture,
    ["amd64", "kfreebsd-amd64"],
    ["all", "any", "source", "-x", "AMD64", "", "a".repeat(33)],
  ],
  ["architecture word", names.isArchitectureWord, ["all", "source", "linux-any"], ["!amd64", ""]],
  ["component", names.isComponent, ["main", "non-free-firmware"], ["0", "Main", ""]],
  ["identity", names.isIdentity, ["acme", "Acme-1", "0"], ["-a", "a.b", "", "a".repeat(65)]],
  ["repository", names.isRepositoryIdentity, ["test", "12"], ["a-b", "A", "", "a".repeat(33)]],
  ["suite", names.isSuiteName, ["unstable", "rollbacks"], ["rollback", "unstable2", "a-b", ""]],
  ["codename", names.isCodename, ["sid", "a1"], ["1a", "kali-rolling", "Sid", ""]],
  [
    "snapshot",
    names.isSnapshotName,
    ["2024-w01", "a", "1.0~rc1+2"],
    ["W01", ".a", "a/b", "a_b", "a b", "x.new", "..", "", "a".repeat(65)],
  ],
];

describe.each(CASES)("%s", (_name, check, good, bad) => {
  it.each(good)("can be %j", (text) => {
    expect(check(text)).toBe(true);
  });

  it.each(bad)("cannot be %j", (text) => {
    expect(check(text)).toBe(false);
  });
});

it("puts main before all other components", () => {
  const order = ["non-free", "contrib", "main", "a"].sort(names.compareComponents);
  expect(order).toEqual(["main", "a", "contrib", "non-free"]);
});

it("names the keyring package in lower case", () => {
  expect(names.keyringPackageName("Acme-1")).toBe("acme-1-archive-keyring");
});
