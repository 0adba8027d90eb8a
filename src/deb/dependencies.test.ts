import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDependencies, parseDependencies } from "./dependencies.ts";
import { mutated, onlyFormatError } from "./fuzz-support.ts";

const place = { what: "x.dsc", field: "Build-Depends" };
const SAMPLES = [
  "debhelper-compat (= 13), libssl-dev:any (>= 3.0~) [linux-any !hurd-any] <!nocheck> | foo",
  "a1 (<< 1:2-3), b2:native [amd64 i386] <!stage1 cross> <pkg.x.y>, c+ | d.e (>> 0) | ff",
  "gcc-12 [!amd64 !i386]",
];

describe("parseDependencies", () => {
  it("reads all parts of a relation", () => {
    const text = "a1:any (>= 1:2-3) [amd64 arm64] <!nocheck cross> <stage1>|b2,\n c3";

    expect(parseDependencies(text, { place })).toEqual([
      [
        {
          name: "a1",
          qualifier: "any",
          version: { operator: ">=", version: "1:2-3" },
          architectures: ["amd64", "arm64"],
          profiles: [["!nocheck", "cross"], ["stage1"]],
        },
        { name: "b2", qualifier: undefined, version: undefined, architectures: [], profiles: [] },
      ],
      [{ name: "c3", qualifier: undefined, version: undefined, architectures: [], profiles: [] }],
    ]);
  });

  it.each([
    ["a1,", /empty item/],
    ["", /empty item/],
    ["a1 | ", /"" is not of the form/],
    ["a1 b2", /"a1 b2" is not of the form/],
    ["A1", /not of the form/],
    ["a1 (> 1)", /not of the form/],
    ["a1 (>= )", /not of the form/],
    ["a1 (>= 1", /not of the form/],
    ["a1 (>= a)", /version that is none/],
    ["a1 [amd64 !i386]", /with and without !/],
    ["a1 []", /list of architectures that is none/],
    ["a1 <>", /list of build profiles that is none/],
    ["a1; rm", /not of the form/],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a substitution variable of debian/control
    ["a1, ${misc:Depends}", /substitution variables/],
  ])("refuses %j", (text, message) => {
    expect(() => parseDependencies(text, { place })).toThrow(message);
  });

  it("ignores empty items on demand", () => {
    expect(formatDependencies(parseDependencies("\n a1,\n b2,\n", { place, emptyItems: true }))).toBe(
      "a1, b2",
    );
    expect(parseDependencies("", { place, emptyItems: true })).toEqual([]);
  });

  it.each(["a1 [amd64]", "a1 <!nocheck>", "b2, a1 | c3 [any]"])(
    "refuses restrictions in %j on demand",
    (text) => {
      expect(() => parseDependencies(text, { place, restrictions: false })).toThrow(/not possible here/);
    },
  );

  it("takes any input, and reads back what it writes", () => {
    fc.assert(
      fc.property(mutated(SAMPLES), (text) => {
        onlyFormatError(() => {
          const parsed = parseDependencies(text, { place });
          expect(parseDependencies(formatDependencies(parsed), { place })).toEqual(parsed);
        });
      }),
      { numRuns: 2000 },
    );
  });
});

describe("formatDependencies", () => {
  it("writes what dpkg writes", () => {
    const texts = SAMPLES.map((text) => text.replace("[linux-any !hurd-any]", "[linux-any]"));
    const script =
      "use Dpkg::Deps; print deps_parse($_, build_dep => 1, reduce_arch => 0)->output(), qq{\\n} for @ARGV";
    const expected = execFileSync("perl", ["-e", script, ...texts], { encoding: "utf8" });

    const written = texts
      .map((text) => `${formatDependencies(parseDependencies(text, { place }))}\n`)
      .join("");

    expect(written).toBe(expected);
  });
});
