import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_VERSION_TEMPLATES } from "./mandatory-version.ts";
import {
  checkSuiteVersion,
  externalPortVersion,
  internalPortVersion,
  rebuildVersion,
  type SuiteVersions,
  suiteVersions,
} from "./port-version.ts";
import { compareVersions } from "./version.ts";

const NOW = new Date("2024-01-02T03:04:05Z");

/** `test12 N`, `test~SID E`, `debdev~SID *` (everything allowed). */
function suite(text: string): SuiteVersions {
  const [, identity = "", codeversion = "", kind] = /^([a-z]+)(\S+) ([NE*])$/.exec(text) ?? [];
  const templates = kind === "E" ? DEFAULT_VERSION_TEMPLATES.experimental : DEFAULT_VERSION_TEMPLATES.normal;
  const mandatoryVersionRegex = kind === "*" ? ".*" : templates.mandatoryVersionRegex;
  return suiteVersions({ ...templates, mandatoryVersionRegex }, { identity, codeversion }, kind === "E");
}

describe("internalPortVersion", () => {
  it.each([
    ["1.0-3~test12+2", "test12 N", "test11 N", "1.0-3~test11+2"],
    ["1:1.0-3~test12+12", "test12 N", "test11 N", "1:1.0-3~test11+12"],
    ["1.0-3~test12+2+hotfix1", "test12 N", "test11 N", "1.0-3~test11+2+hotfix1"],
    ["1.0-3~test12+1+rebuilt20240101000000", "test12 N", "test11 N", "1.0-3~test11+1+rebuilt20240101000000"],
    ["1.2.3-1~test~SID+4fud15", "test~SID N", "test12 N", "1.2.3-1~test12+4fud15"],
    ["2.0-3~acme70+2", "acme70 N", "other60 N", "2.0-3~other60+2"],
    ["2.0-3~acme70+1~acme70+4", "acme70 N", "acme60 N", "2.0-3~acme70+1~acme60+4"],
    ["1.0~test12+0ci5", "test12 E", "test11 E", "1.0~test11+0ci5"],
    ["1.0~test12+0", "test12 E", "test12 N", "1.0~test12+1"],
    ["2.0-3~acme70+0ci5", "acme70 E", "acme60 N", "2.0-3~acme60+1~ci5"],
    ["1.0~test12+0~git20240102", "test12 E", "test12 N", "1.0~test12+1~git20240102"],
    ["1.0~test12+0+3", "test12 E", "test12 N", "1.0~test12+1~3"],
    ["2.0-3~acme70+3", "acme70 N", "acme60 E", "2.0-3~acme60+0+3"],
    ["1.0~test12+3+hotfix1", "test12 N", "test11 E", "1.0~test11+0+3+hotfix1"],
    ["2.0-3", "debdev~SID *", "test12 N", "2.0-3~test12+1"],
    ["2.0-3~test12+1", "test12 N", "debdev~SID *", "2.0-3~debdev~SID+1"],
    ["2.0-3", "test12 N", "test11 N", "2.0-3~test11+1"],
  ])("%s from %s to %s: %s", (version, from, to, expected) => {
    const result = internalPortVersion(version, suite(from), suite(to));

    expect(result).toBe(expected);
    expect(checkSuiteVersion(result, suite(to))).toBeUndefined();
  });

  it("appends where expressions know no revision", () => {
    const plain = { mark: "~plain", defaultVersion: "~plain", experimental: false };

    expect(internalPortVersion("1.0~plain", plain, suite("test12 N"))).toBe("1.0~plain~test12+1");
    expect(internalPortVersion("1.0~test12+1", suite("test12 N"), plain)).toBe("1.0~test12+1~plain");
  });

  it("keeps the order of versions and gives versions that fit", () => {
    const tail = fc.constantFrom(
      "",
      "ci5",
      "ci6",
      "+hotfix1",
      "+hotfix2",
      "~rc1",
      "~git20240101",
      ".1",
      "+rebuilt20240101000000",
      "+3",
      "+4",
    );
    const kinds = fc.constantFrom("N", "E");
    fc.assert(
      fc.property(
        kinds,
        kinds,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        tail,
        tail,
        (from, to, m, n, s, t) => {
          const version = (revision: number, rest: string) =>
            `1.0-1~test12+${from === "E" ? 0 : revision}${rest}`;
          const [a, b] = [version(m, s), version(n, t)];
          const source = suite(`test12 ${from}`);
          const target = suite(`test11 ${to}`);
          fc.pre(checkSuiteVersion(a, source) === undefined && checkSuiteVersion(b, source) === undefined);
          const [x, y] = [internalPortVersion(a, source, target), internalPortVersion(b, source, target)];
          expect([checkSuiteVersion(x, target), checkSuiteVersion(y, target)]).toEqual([
            undefined,
            undefined,
          ]);
          if (from === to || from === "N") expect(compareVersions(x, y)).toBe(compareVersions(a, b));
        },
      ),
    );
  });
});

describe("rebuildVersion", () => {
  it.each([
    ["1.0~test12+1", "1.0~test12+1+rebuilt20240102030405"],
    ["1.0~test12+1+rebuilt20230101000000", "1.0~test12+1+rebuilt20240102030405"],
    [
      "1.0~test12+1+rebuilt20230101000000+hotfix1",
      "1.0~test12+1+rebuilt20230101000000+hotfix1+rebuilt20240102030405",
    ],
    ["2.0-3", "2.0-3+rebuilt20240102030405"],
  ])("%s: %s", (version, expected) => {
    expect(rebuildVersion(version, NOW)).toBe(expected);
    expect(compareVersions(version, expected)).toBe(-1);
  });
});

describe("externalPortVersion", () => {
  it.each([
    ["2.10-3", "test12 N", "2.10-3~test12+1"],
    ["1:2.0-1", "test12 E", "1:2.0-1~test12+0"],
    ["1.0~foo12+1", "test12 N", "1.0~foo12+1~test12+1"],
  ])("%s to %s: %s", (version, to, expected) => {
    expect(externalPortVersion(version, suite(to))).toBe(expected);
    expect(checkSuiteVersion(expected, suite(to))).toBeUndefined();
  });
});

describe("checkSuiteVersion", () => {
  it("checks the syntax first", () => {
    expect(checkSuiteVersion("2.0_3", suite("test12 N"))).toMatch(/is not a valid version/);
    expect(checkSuiteVersion("2.0-3", suite("test12 N"))).toMatch(/must end in/);
  });
});
