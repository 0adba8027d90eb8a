import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { buildsFor, matchesArchitecture } from "./architectures.ts";
import { parsePackageList } from "./package-list.ts";

const WORDS = [
  "any",
  "linux-any",
  "any-amd64",
  "any-arm",
  "any-i386",
  "gnu-any-any",
  "gnu-linux-any",
  "musl-any-any",
  "base-gnu-linux-amd64",
  "base-any-any-any",
  "abi64-any-any-any",
  "eabihf-any-any-any",
  "any-any-linux-any",
  "any-any",
  "any-any-any-any-any",
  "kfreebsd-any",
  "hurd-any",
  "any-hurd-any",
  "linux-amd64",
  "amd64",
  "armhf",
  "i386",
  "x32",
  "musl-linux-amd64",
  "unknown-any",
];

describe("matchesArchitecture", () => {
  it("agrees with dpkg for every architecture dpkg lists", () => {
    const architectures = execFileSync("dpkg-architecture", ["-L"], { encoding: "utf8" }).trim().split("\n");
    const known = architectures.filter((name) => !/^(?:aix|solaris|mint|uclinux)-/.test(name));
    const words = [...WORDS, ...known.filter((_, index) => index % 7 === 0)];
    const script = `use Dpkg::Arch qw(debarch_is); my @w = split / /, shift; for my $a (@ARGV) { print join(' ', $a, map { debarch_is($a, $_) ? 1 : 0 } @w), "\\n" }`;
    const expected = execFileSync("perl", ["-e", script, words.join(" "), ...known], { encoding: "utf8" });

    const found = known.map((name) =>
      [name, ...words.map((word) => (matchesArchitecture(name, word) ? 1 : 0))].join(" "),
    );

    expect(known.length).toBeGreaterThan(300);
    expect(`${found.join("\n")}\n`).toBe(expected);
  });

  it.each([
    ["amd64", "linux-any"],
    ["amd64", "any-i386"],
    ["hurd-i386", "linux-any"],
    ["armhf", "any-arm"],
  ])("agrees with dpkg-architecture -a %s -i %s", (architecture, word) => {
    expect(matchesArchitecture(architecture, word)).toBe(dpkgSaysYes(architecture, word));
  });

  it("keeps all and unknown names apart", () => {
    expect(matchesArchitecture("all", "any")).toBe(false);
    expect(matchesArchitecture("all", "all")).toBe(true);
    expect(matchesArchitecture("amd64", "all")).toBe(false);
    expect(matchesArchitecture("new64", "any")).toBe(true);
    expect(matchesArchitecture("new64", "new64")).toBe(true);
    expect(matchesArchitecture("new64", "linux-any")).toBe(false);
    expect(matchesArchitecture("constructor", "any-any")).toBe(false);
  });
});

describe("buildsFor", () => {
  const list = (...options: string[]) =>
    parsePackageList(options.map((option, index) => `\n p${index} deb misc optional ${option}`).join(""), {
      what: "x",
    });

  it.each([
    [["arch=any", "arch=all"], "amd64", true, true, true],
    [["arch=any", "arch=all"], "amd64", false, true, false],
    [["arch=all"], "amd64", true, false, true],
    [["arch=all"], "amd64", false, false, false],
    [["arch=i386", "arch=linux-any"], "amd64", true, true, false],
    [["arch=i386,kfreebsd-any"], "amd64", true, false, false],
    [["arch=any profile=stage1", "arch=all"], "amd64", true, true, true],
  ])("%j on %s (arch-all: %j): any %j, all %j", (options, architecture, isArchAll, any, all) => {
    const dsc = { architectures: ["sparc"], packageList: list(...options) };
    expect(buildsFor(dsc, architecture, isArchAll)).toEqual({ any, all });
  });

  it("counts only what the given build profiles make", () => {
    const dsc = {
      architectures: ["any"],
      packageList: list("arch=any profile=stage1", "arch=all profile=!nodoc"),
    };

    expect(buildsFor(dsc, "amd64", true, [])).toEqual({ any: false, all: true });
    expect(buildsFor(dsc, "amd64", true, ["stage1", "nodoc"])).toEqual({ any: true, all: false });
  });

  it.each([
    [["any", "all"], true, true],
    [["all"], false, true],
    [["linux-any"], true, false],
    [["armhf"], false, false],
  ])("goes by the field Architecture %j where there is no usable list", (architectures, any, all) => {
    expect(buildsFor({ architectures, packageList: undefined }, "amd64", true)).toEqual({ any, all });
    expect(buildsFor({ architectures, packageList: list("") }, "amd64", true)).toEqual({ any, all });
  });
});

function dpkgSaysYes(architecture: string, word: string): boolean {
  try {
    execFileSync("dpkg-architecture", ["-a", architecture, "-i", word], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
