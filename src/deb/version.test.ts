import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mutated, onlyFormatError } from "./fuzz-support.ts";
import { checkVersionSyntax, compareVersions, parseVersion, versionsEqual, withoutEpoch } from "./version.ts";

const STAMP = "20240102030405";

/** Each row ascending. */
const ASCENDING: readonly (readonly string[])[] = [
  ["1.0-2", "1.0-3~test12+1", "1.0-3"],
  ["1.0~test11+9", "1.0~test12+1"],
  ["1.0~test9+1", "1.0~test10+1"],
  ["1.0~test2204+1", "1.0~test2404+1"],
  ["1.0~test~SID+9", "1.0~test12+0"],
  ["1.0~test~FORKY+9", "1.0~test14+1"],
  ["1.0~test12+1", "1.0~testSID+1"],
  ["1.0~test12+1", "1.0~test60+1"],
  ["+0", "+0ci5", "+0ci6", "+0+3", "+0+4", "+1~ci5", "+1"].map((tail) => `1.0~test12${tail}`),
  ["+1", "+1+hotfix1", `+1+rebuilt${STAMP}`, `+1+rebuilt${STAMP}+hotfix1`, "+2"].map(
    (tail) => `1.0~test12${tail}`,
  ),
  ["+2", "+2+hotfix1", "+2+hotfix2", "+2+hotfix10", "+3"].map((tail) => `1.0~test12${tail}`),
  ["+4", "+4fud15", "+4+hotfix1", "+5"].map((tail) => `1.0~test12${tail}`),
  ["1.0~test12+9", "1.0~test12+10"],
  ["1.0~test12+1~rc2", "1.0~test12+1"],
  ["2.0-3", "2.0-3+b1", `2.0-3+rebuilt${STAMP}`, "2.0-3.1", "2.0-4"],
  ["1.0~test12+0~git20240101", "1.0~test12+0"],
  ["1.0~test12+1~git20240101", "1.0~test12+1~git20240102"],
  ["1.0~test12+1~test11+1", "1.0~test12+1"],
  ["9.9", "1:0.1~test12+1"],
  ["99999999999999999999998", "99999999999999999999999"],
];

const EQUAL: readonly (readonly [string, string])[] = [
  ["1.0~test12+01", "1.0~test12+1"],
  ["0:1.0", "1.0"],
  ["1.0-0", "1.0"],
  ["1.0-", "1.0"],
  ["1.0", "1.00"],
];

const VALID = ["1.0", "0:1", "2:1.0-3~test12+12", "1.0-1-2", "1~~", "0", "1.0+dfsg-1", "999999999:1"];
const INVALID = [
  "",
  "~test12+1",
  "2.0_3",
  "1:2:3",
  "a1.0~test12+1",
  "1.0-",
  "1.0--1",
  "01:1",
  "1234567890:1",
  "1.0\n",
  " 1.0",
  "1:",
  "-1",
  `1${".0".repeat(60)}`,
];

describe("checkVersionSyntax", () => {
  it.each(VALID)("accepts %j", (version) => {
    expect(checkVersionSyntax(version)).toBeUndefined();
  });

  it.each(INVALID)("refuses %j with a reason", (version) => {
    expect(checkVersionSyntax(version)).toMatch(/version.*\.$/);
  });

  it("accepts nothing that dpkg would not parse", () => {
    fc.assert(
      fc.property(mutated(VALID), (version) => {
        fc.pre(checkVersionSyntax(version) === undefined);
        parseVersion(version);
      }),
    );
  });
});

describe("parseVersion", () => {
  it.each([
    ["1.0", 0, "1.0", ""],
    ["2:1.0-3~test12+12", 2, "1.0", "3~test12+12"],
    ["1.0-rc1-2", 0, "1.0-rc1", "2"],
    ["1:2:3-4", 1, "2:3", "4"],
  ])("splits %s", (text, epoch, upstream, revision) => {
    expect(parseVersion(text)).toEqual({ epoch, upstream, revision });
  });

  it.each(["", "x:1", "2147483648:1", "1:", "-1", "1.0-", "a", "1 0", "1.0-a_b"])("refuses %j", (text) => {
    expect(() => parseVersion(text)).toThrow(/^version: .*\.$/);
  });

  it("throws nothing but FormatError", () => {
    fc.assert(fc.property(mutated(VALID), (text) => onlyFormatError(() => parseVersion(text)) || true));
  });
});

describe("withoutEpoch", () => {
  it.each([
    ["1:2.0-1", "2.0-1"],
    ["2.0-1", "2.0-1"],
    ["0:1", "1"],
  ])("%s is %s", (version, expected) => {
    expect(withoutEpoch(version)).toBe(expected);
  });
});

describe("compareVersions", () => {
  it.each(ASCENDING.map((row) => [row.join(" < "), row] as const))("%s", (_title, row) => {
    for (const [i, low] of row.entries()) {
      for (const high of row.slice(i + 1)) {
        expect([compareVersions(low, high), compareVersions(high, low)]).toEqual([-1, 1]);
      }
    }
  });

  it.each(EQUAL)("%s = %s", (a, b) => {
    expect(compareVersions(a, b)).toBe(0);
    expect(versionsEqual(b, a)).toBe(true);
  });

  it("agrees with dpkg on mutated versions", () => {
    const pairs = fc.sample(versionPair(), { numRuns: 700, seed: 4711 });
    expect(pairs.map(([a, b]) => compareVersions(a, b))).toEqual(dpkgOrder(pairs));
  });

  it("agrees with dpkg on the tables above", () => {
    const pairs = [
      ...ASCENDING.flatMap((row) => row.flatMap((a) => row.map((b) => [a, b] as const))),
      ...EQUAL.filter(([a]) => !a.endsWith("-")),
    ];
    expect(pairs.map(([a, b]) => compareVersions(a, b))).toEqual(dpkgOrder(pairs));
  });

  it("is an order: antisymmetric and transitive", () => {
    const triple = fc.tuple(versionPair(), version()).map(([[a, b], c]) => [a, b, c] as const);
    fc.assert(
      fc.property(triple, ([a, b, c]) => {
        expect(compareVersions(a, b) + compareVersions(b, a)).toBe(0);
        const [x, y, z] = [a, b, c].sort(compareVersions);
        expect(compareVersions(x ?? "", y ?? "")).toBeLessThanOrEqual(0);
        expect(compareVersions(y ?? "", z ?? "")).toBeLessThanOrEqual(0);
        expect(compareVersions(x ?? "", z ?? "")).toBeLessThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });

  it("takes any text", () => {
    fc.assert(
      fc.property(
        mutated(VALID),
        mutated(VALID),
        (a, b) => compareVersions(a, b) === -compareVersions(b, a) + 0,
      ),
    );
  });
});

/** Small alphabet, so that parts often are nearly equal. */
function version(): fc.Arbitrary<string> {
  const part = fc.string({ unit: fc.constantFrom("0", "1", "9", "a", "Z", "~", "+", "."), maxLength: 6 });
  return fc
    .tuple(
      fc.constantFrom("", "0:", "1:", "10:"),
      fc.constantFrom("0", "1", "10", "01"),
      part,
      fc.option(part),
    )
    .map(
      ([epoch, digit, upstream, revision]) => `${epoch}${digit}${upstream}${revision ? `-${revision}` : ""}`,
    );
}

/** A version and the same with one place changed: uniformly random pairs differ at once and miss the bugs. */
function versionPair(): fc.Arbitrary<readonly [string, string]> {
  const edit = fc.record({
    at: fc.nat({ max: 12 }),
    remove: fc.nat({ max: 1 }),
    insert: fc.constantFrom("", "0", "00", "1", "~", "~~", "+", ".", "a", "Z", "9"),
  });
  return fc.tuple(version(), edit).map(([a, change]) => {
    const body = withoutEpoch(a);
    const at = 1 + (change.at % body.length);
    const b = body.slice(0, at) + change.insert + body.slice(at + change.remove);
    const epoch = a.slice(0, a.length - body.length);
    return [a, b.endsWith("-") ? `${epoch}${b}0` : epoch + b] as const;
  });
}

/** Asks dpkg about all pairs in one shell process. */
function dpkgOrder(pairs: readonly (readonly [string, string])[]): number[] {
  const script =
    'while read -r a b; do if dpkg --compare-versions "$a" lt "$b"; then echo -1; elif dpkg --compare-versions "$a" eq "$b"; then echo 0; else echo 1; fi; done';
  const input = pairs.map(([a, b]) => `${a} ${b}\n`).join("");
  const output = execFileSync("sh", ["-c", script], {
    input,
    encoding: "utf8",
    stdio: ["pipe", "pipe", "pipe"],
  });
  return output.trim().split("\n").map(Number);
}
