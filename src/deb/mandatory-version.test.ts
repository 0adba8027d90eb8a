import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mutated } from "./fuzz-support.ts";
import {
  ANY_VERSION,
  checkMandatory,
  DEFAULT_VERSION_TEMPLATES,
  expandDefaultVersion,
  expandMandatoryRegex,
  splitMandatory,
} from "./mandatory-version.ts";
import { checkVersionSyntax, versionsEqual } from "./version.ts";

const { normal, experimental } = DEFAULT_VERSION_TEMPLATES;
const mark = (codeversion: string, templates = normal) =>
  expandMandatoryRegex(templates.mandatoryVersionRegex, { identity: "test", codeversion });
const NORMAL_12 = mark("12");
const EXPERIMENTAL_12 = mark("12", experimental);
const SID = mark("~SID");

const ACCEPTED: readonly (readonly [string, readonly string[]])[] = [
  [NORMAL_12, ["1.0~test12+1", "1.0-3~test12+3", "2:1.0-3~test12+12", "1.0~test12+10"]],
  [
    NORMAL_12,
    [
      "1.0~test12+2+hotfix1",
      "1.0~test12+1+rebuilt20240102030405",
      "1.0~test12+2+hotfix1.1+rebuilt20240102030405",
    ],
  ],
  [NORMAL_12, ["1.0~test12+4fud15", "1.0~test12+1~rc2", "1.0~test12+1~a~b.c+d"]],
  [NORMAL_12, ["1.0-1~foo12+1~test12+1", "1.0~test12+1~test12+4"]],
  [mark("2404"), ["1.0-3~test2404+1"]],
  [SID, ["1.0~test~SID+1", "1.2.3-1~test~SID+4fud15"]],
  [
    EXPERIMENTAL_12,
    ["1.0~test12+0", "1.0~test12+0ci5", "1.0~test12+0~git20240102.abc", "1.0~test12+0+3", "1.0~test12+0.5"],
  ],
  [ANY_VERSION, ["2.0-3"]],
];

const RESTRICTED: readonly (readonly [string, readonly string[]])[] = [
  [NORMAL_12, ["1.0", "1.0~test11+1", "1.0~test12+", "1.0~test12+0", "1.0~test12+01"]],
  [
    NORMAL_12,
    ["1.0~test12+1-3", "1.0~test12+1+", "1.0~test12+1++x", "1.0~test12+1.DFSG", "1.0~test12+1+HOTFIX1"],
  ],
  [NORMAL_12, ["1.0~test12+1~test13+1", "1.0~test12+1~foo9+1", "1.0~test12+1~git2024+1"]],
  [SID, ["1.0~testSID+1", "1.0~test13+1"]],
  [EXPERIMENTAL_12, ["1.0~test12+1", "1.0~test12+01", "1.0~test12+00"]],
];

const rows = (table: readonly (readonly [string, readonly string[]])[]) =>
  table.flatMap(([expression, versions]) => versions.map((version) => [version, expression] as const));

describe("checkMandatory", () => {
  it.each(rows(ACCEPTED))("%s fits %s", (version, expression) => {
    expect(checkVersionSyntax(version)).toBeUndefined();
    expect(checkMandatory(version, expression)).toBeUndefined();
  });

  it.each(rows(RESTRICTED))("%s does not fit %s", (version, expression) => {
    expect(checkVersionSyntax(version)).toBeUndefined();
    expect(checkMandatory(version, expression)).toMatch(/^Version ".*" must end in a text matching .*\.$/);
  });

  it.each(["~test12+1", "2.0_3", "1:2:3", "a1.0~test12+1", "1.0-"])("%s is no version at all", (version) => {
    expect(checkVersionSyntax(version)).toBeDefined();
  });

  it("never takes two versions that compare equal for different kinds of suite", () => {
    const version = mutated(rows(ACCEPTED).map(([text]) => text));
    const zero = fc
      .tuple(version, fc.constantFrom("0", "00", "1"))
      .map(([text, digits]) => text.replace(/\+(?=[0-9])/, `+${digits}`));
    fc.assert(
      fc.property(version, zero, (a, b) => {
        fc.pre(checkVersionSyntax(a) === undefined && checkVersionSyntax(b) === undefined);
        const differ =
          checkMandatory(a, NORMAL_12) === undefined && checkMandatory(b, EXPERIMENTAL_12) === undefined;
        expect(differ && versionsEqual(a, b)).toBe(false);
      }),
    );
  });

  it("answers any version quickly", () => {
    const started = performance.now();
    for (const unit of ["~a+1", "~test12+1", "+1", "1", "~~", "~test12+1~"]) {
      checkMandatory(`1${unit.repeat(120)}`.slice(0, 120), NORMAL_12);
    }
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe("splitMandatory", () => {
  it("takes the last possible part", () => {
    expect(
      splitMandatory(
        "2.0-3~acme70+1~acme70+4b+c",
        expandMandatoryRegex(normal.mandatoryVersionRegex, { identity: "acme", codeversion: "70" }),
      ),
    ).toEqual({
      base: "2.0-3~acme70+1",
      mark: "~acme70+4",
      tail: "b+c",
    });
  });

  it("is not misled by groups and alternatives of an expression", () => {
    expect(splitMandatory("1.0~a1x", "~(a)[0-9]|~b")).toEqual({ base: "1.0", mark: "~a1", tail: "x" });
  });

  it("has nothing to split where everything is allowed", () => {
    expect(splitMandatory("1.0~test12+1", ANY_VERSION)).toBeUndefined();
  });
});

describe("templates", () => {
  const context = { identity: "test", codeversion: "~SID" };

  it("are filled, with values escaped in expressions", () => {
    expect(expandDefaultVersion(normal.defaultVersion, context)).toBe("~test~SID+1");
    expect(
      expandMandatoryRegex("%IDENTITY%%CODEVERSION%%OTHER%", { identity: "a.b", codeversion: "1+2" }),
    ).toBe("a\\.b1\\+2%OTHER%");
    expect(expandDefaultVersion("%IDENTITY%", { identity: "$&%CODEVERSION%", codeversion: "x" })).toBe(
      "$&%CODEVERSION%",
    );
  });

  it.each([normal, experimental])("of a new layout satisfy themselves", (templates) => {
    for (const codeversion of ["12", "~SID", "2404"]) {
      const values = { identity: "test", codeversion };
      const version = `1.0${expandDefaultVersion(templates.defaultVersion, values)}`;
      expect(
        checkMandatory(version, expandMandatoryRegex(templates.mandatoryVersionRegex, values)),
      ).toBeUndefined();
    }
  });

  it("refuse what is no expression", () => {
    expect(() => expandMandatoryRegex("(", context)).toThrow(
      'mandatory version expression: "(" is no regular expression.',
    );
    expect(() => expandMandatoryRegex("(?<mark>x)", context)).toThrow(/no regular expression/);
  });
});
