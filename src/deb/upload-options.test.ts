import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mutated } from "./fuzz-support.ts";
import {
  DEFAULT_PORT_OPTIONS,
  formatUploadOption,
  lookupUploadOption,
  parseUploadOptions,
  readUploadOptions,
  splitUploadOptions,
} from "./upload-options.ts";

const block = (...lines: string[]) =>
  ["hello (1.0) sid-test-unstable; urgency=low", "", ...lines, ""].join("\n");
const option = (text: string) => `  * MINI_BUILDD_OPTION: ${text}`;

/** `key[arch]` and value of each option. */
function found(changes: string): [string, unknown][] {
  const { options, errors } = readUploadOptions(changes);
  expect(errors).toEqual([]);
  return options.map(({ key, architecture, value }) => [
    architecture === undefined ? key : `${key}[${architecture}]`,
    value,
  ]);
}

const ACCEPTED: readonly (readonly [readonly string[], readonly (readonly [string, unknown])[]])[] = [
  [[option("lintian-mode=IGNORE")], [["lintian-mode", "IGNORE"]]],
  [["   * MINI_BUILDD_OPTION: lintian-mode = IGNORE"], [["lintian-mode", "IGNORE"]]],
  [[option("lintian-mode=IGNORE"), "  More text."], [["lintian-mode", "IGNORE"]]],
  [
    [option("auto-ports=bookworm-test-experimental,"), "    bullseye-test-unstable"],
    [["auto-ports", ["bookworm-test-experimental", "bullseye-test-unstable"]]],
  ],
  [
    [option("add-depends[amd64]=libfoo-dev (>= 1.2.3), bar | baz"), "    - sub"],
    [["add-depends[amd64]", ["libfoo-dev (>= 1.2.3)", "bar | baz"]]],
  ],
  [
    [option("deb-build-options=nocheck parallel=2"), "  [ Someone ]"],
    [["deb-build-options", ["nocheck", "parallel=2"]]],
  ],
  [[option("deb-build-options=")], [["deb-build-options", []]]],
  [[option("deb-build-profiles=")], [["deb-build-profiles", []]]],
  [[option("deb-build-profiles=nocheck,pkg.foo.bar")], [["deb-build-profiles", ["nocheck", "pkg.foo.bar"]]]],
  [
    [option("lintian-mode[arm64]=WARNFAIL"), option("lintian-mode=ERRFAIL")],
    [
      ["lintian-mode[arm64]", "WARNFAIL"],
      ["lintian-mode", "ERRFAIL"],
    ],
  ],
  [[option("internal-apt-priority=500")], [["internal-apt-priority", 500]]],
  [[option("internal-apt-priority=-32768")], [["internal-apt-priority", -32768]]],
  [[option("auto-ports=unstable")], [["auto-ports", ["unstable"]]]],
  [["  * Text MINI_BUILDD_OPTION: lintian-mode=IGNORE"], []],
  // Forms that the table of the specification leaves open.
  [[option("lintian-mode=IGNORE"), "    [ Someone ]"], [["lintian-mode", "IGNORE"]]],
  [[option("lintian-mode=IGNORE"), "", "    More"], [["lintian-mode", "IGNORE"]]],
  [["  * MINI_BUILDD_OPTION:", "    lintian-mode=IGNORE"], [["lintian-mode", "IGNORE"]]],
  [
    [option("deb-build-options=a"), "    b", "      c", `  ${option("lintian-mode=IGNORE")}`],
    [
      ["deb-build-options", ["a", "b", "c"]],
      ["lintian-mode", "IGNORE"],
    ],
  ],
  [["  - MINI_BUILDD_OPTION: lintian-mode=bad", "* MINI_BUILDD_OPTION: lintian-mode=bad"], []],
];

const REFUSED: readonly (readonly [readonly string[], string])[] = [
  [[option("lintian-mode=IGNORE"), "    More text."], "option_bad_value"],
  [[option("lintian-mode=ERRFAIL"), option("lintian-mode=IGNORE")], "option_duplicate"],
  [[option("lintian-mode[arm64]=ERRFAIL"), option("lintian-mode [arm64] = IGNORE")], "option_duplicate"],
  [[option("lintian-mode=ignore")], "option_bad_value"],
  [[option("lintian-mode=")], "option_bad_value"],
  [[option("internal-apt-priority=0")], "option_bad_value"],
  [[option("internal-apt-priority=-0")], "option_bad_value"],
  [[option("internal-apt-priority=32768")], "option_bad_value"],
  [[option("internal-apt-priority=5.5")], "option_bad_value"],
  [[option("deb-build-options=nocheck;rm")], "option_bad_value"],
  [[option("deb-build-profiles=!nocheck")], "option_bad_value"],
  [[option("auto-ports=bookworm-test-unstable,")], "option_bad_value"],
  [[option("auto-ports=")], "option_bad_value"],
  [[option("auto-ports=unstable, unstable")], "option_bad_value"],
  [[option("auto-ports=Unstable")], "option_bad_value"],
  [[option("auto-ports=bookworm-test-unstable-rollback0")], "option_bad_value"],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a substitution variable of debian/control
  [[option("add-depends=foo, ${misc:Depends}")], "option_bad_value"],
  [[option("add-depends=foo [amd64]")], "option_bad_value"],
  [[option("add-depends=foo <!nocheck>")], "option_bad_value"],
  [[option("add-depends=")], "option_bad_value"],
  [[option("auto-ports[amd64]=bookworm-test-unstable")], "option_bad_arch"],
  [[option("lintian-mode[all]=IGNORE")], "option_bad_arch"],
  [[option("lintian-mode[any]=IGNORE")], "option_bad_arch"],
  [[option("lintian-mode[source]=IGNORE")], "option_bad_arch"],
  [[option("lintian-mode[]=IGNORE")], "option_bad_arch"],
  [[option("ignore-lintian=true")], "option_unknown"],
  [[option("Lintian-Mode=IGNORE")], "option_unknown"],
  [[option("lintian-mode IGNORE")], "option_syntax"],
  [[option("")], "option_syntax"],
  [["  * MINI_BUILDD_OPTION lintian-mode=IGNORE"], "option_syntax"],
  [["  * MINI_BUILDD_OPTIONS: lintian-mode=IGNORE"], "option_syntax"],
  [["  * MINI_BUILDD_OPTION: lintian-mode=IGNORE\u2028"], "option_syntax"],
  [["  * MINI_BUILDD: AUTO_PORTS=sid"], "option_obsolete"],
];

describe("readUploadOptions", () => {
  it.each(ACCEPTED)("%j gives %j", (lines, expected) => {
    expect(found(block(...lines))).toEqual(expected);
  });

  it.each(REFUSED)("%j is refused: %s", (lines, code) => {
    const { errors } = readUploadOptions(block(...lines));

    expect(errors.map((error) => error.code)).toEqual([code]);
    expect(errors[0]?.message).toMatch(/^[^\n]+\.$/);
  });

  it("reads only the first block", () => {
    expect(found(block("  * Text.") + block(option("lintian-mode=IGNORE")))).toEqual([]);
    expect(
      found(`\n${block(option("lintian-mode=IGNORE"))}${block(option("lintian-mode=bad"))}`),
    ).toHaveLength(1);
    expect(found(option("lintian-mode=IGNORE"))).toEqual([]);
  });

  it("lists all errors", () => {
    const { errors } = readUploadOptions(
      block(option("x=1"), "  * MINI_BUILDD: y", option("lintian-mode=a"), option("z")),
    );
    expect(errors.map((error) => error.code)).toEqual([
      "option_obsolete",
      "option_unknown",
      "option_bad_value",
      "option_syntax",
    ]);
  });

  it("points from old names to the new one", () => {
    for (const name of ["ignore-lintian", "run-lintian"]) {
      expect(readUploadOptions(block(option(`${name}=true`))).errors[0]?.message).toContain(
        'use "lintian-mode"',
      );
    }
  });

  it("leaves out options of architectures the distribution does not have", () => {
    const changes = block(option("lintian-mode[sparc]=IGNORE"), option("lintian-mode[amd64]=ERRFAIL"));

    const read = readUploadOptions(changes, { architectures: ["amd64"] });

    expect(read.options.map(formatUploadOption)).toEqual(["lintian-mode[amd64]=ERRFAIL"]);
    expect(read.warnings).toEqual([
      'Option "lintian-mode[sparc]" is ignored: the distribution has no architecture "sparc".',
    ]);
  });

  it("takes any input", () => {
    const samples = [...ACCEPTED, ...REFUSED].map(([lines]) => block(...lines));
    fc.assert(
      fc.property(mutated(samples), (changes) => {
        const { options, errors } = readUploadOptions(changes);
        const again = parseUploadOptions(options.map(formatUploadOption));
        expect(again).toEqual({ options, errors: [], warnings: [] });
        expect(errors.every((error) => error.message.endsWith("."))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(["\t", "a", "a ", "[", "[ ", "=", "|", "* "])("takes linear time for many %j", (unit) => {
    const text = unit.repeat(100_000);
    const started = performance.now();
    for (const changes of [block(option(text)), block(option(`a${text}`)), block(`${text}* MINI`)])
      readUploadOptions(changes);
    splitUploadOptions(`a${text}`);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

describe("lookupUploadOption", () => {
  const { options } = parseUploadOptions([
    "lintian-mode[arm64]=WARNFAIL",
    "lintian-mode=ERRFAIL",
    "add-depends[amd64]=foo|bar",
  ]);

  it("prefers the architecture's own option", () => {
    expect(lookupUploadOption(options, "lintian-mode", "arm64")).toBe("WARNFAIL");
    expect(lookupUploadOption(options, "lintian-mode", "amd64")).toBe("ERRFAIL");
    expect(lookupUploadOption(options, "lintian-mode")).toBe("ERRFAIL");
    expect(lookupUploadOption(options, "add-depends", "amd64")).toEqual(["foo | bar"]);
    expect(lookupUploadOption(options, "add-depends", "arm64")).toBeUndefined();
    expect(lookupUploadOption(options, "piuparts-mode", "arm64")).toBeUndefined();
  });
});

describe("splitUploadOptions", () => {
  it.each([
    ["add-depends=foo | bar|lintian-mode=IGNORE", ["add-depends=foo | bar", "lintian-mode=IGNORE"]],
    ["a=1 |\n b [x] =2| c|d", ["a=1", "b [x] =2| c|d"]],
    ["", []],
    ["lintian-mode=IGNORE", ["lintian-mode=IGNORE"]],
    ["x | lintian-mode=IGNORE", ["x", "lintian-mode=IGNORE"]],
  ])("%j", (text, expected) => {
    expect(splitUploadOptions(text)).toEqual(expected);
  });

  it("splits where the specified expression splits", () => {
    const expression = /\s*\|\s*(?=[A-Za-z][A-Za-z-]*\s*(?:\[[^\]]*\])?\s*=)/;
    fc.assert(
      fc.property(mutated(["add-depends=foo | bar|lintian-mode=IGNORE", "a[x]=1 | b [c] = 2|3"]), (text) => {
        fc.pre(!/\[[^\]]*\|/.test(text));
        const expected = text.split(expression).map((piece) => piece.trim());
        expect(splitUploadOptions(text)).toEqual(expected.filter((piece) => piece !== ""));
      }),
      { numRuns: 3000 },
    );
  });

  it("gives two options of the API example", () => {
    const { options, errors } = parseUploadOptions(
      splitUploadOptions("add-depends=foo | bar|lintian-mode=IGNORE"),
    );
    expect([options.map((it) => it.value), errors]).toEqual([[["foo | bar"], "IGNORE"], []]);
  });
});

it("has valid default options of ports", () => {
  expect(parseUploadOptions(DEFAULT_PORT_OPTIONS).errors).toEqual([]);
});
