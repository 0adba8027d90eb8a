import { describe, expect, test } from "vitest";
import { MbdError } from "#platform";
import type { Known } from "../known.ts";
import type { AnyArgument, Given } from "./argument.ts";
import { bool, choice, int, list, multilineStr, str, url } from "./basic.ts";
import { readArguments, resolveArguments } from "./bind.ts";
import { codenames, distribution, distributions, repositories, repository, source } from "./names.ts";
import { rollbackRange, rollbacks, uploadOptions } from "./options.ts";

const doc = "Doc.";
const known: Known = {
  async names(key) {
    if (key === "repositories") return ["acme", "test"];
    if (key === "codenames") return ["bookworm", "trixie"];
    if (key === "distributions")
      return ["bookworm-test-stable", "bookworm-test-unstable", "trixie-test-unstable"];
    return [];
  },
};

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof MbdError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "no error";
}

const ids = {
  str: str(["--key"], { doc }),
  url: url(["--key"], { doc }),
  multi: multilineStr(["--key"], { doc }),
  choice: choice(["--key"], { doc, choices: ["c0", "c1"] }),
  int: int(["--key"], { doc, min: -5, max: 20 }),
  bool: bool(["--key"], { doc }),
  list: list(["--key"], { doc }),
  options: uploadOptions(["--key"], { doc }),
  source: source(["key"], { doc }),
  distribution: distribution(["key"], { doc }),
  repository: repository(["--key"], { doc }),
};

describe("what counts as not given", () => {
  const nothing: [string, AnyArgument, Given][] = [
    ["empty text", ids.str, ""],
    ["absent", ids.str, undefined],
    ["null", ids.str, null],
    ["empty list", ids.list, []],
    ["list of empty texts", ids.list, ["", ""]],
    ["only commas", ids.list, " , ,"],
    ["false", ids.bool, false],
    ["False", ids.bool, "False"],
    ["0 as switch", ids.bool, "0"],
    ["empty int", ids.int, ""],
    ["empty choice", ids.choice, ""],
  ];
  test.each(nothing)("%s", (_name, argument, given) => {
    expect(argument.read(given)).toBeUndefined();
  });
});

describe("values", () => {
  const cases: [AnyArgument, Given, unknown][] = [
    [ids.str, "string", "string"],
    [ids.str, ["string"], "string"],
    [ids.str, 17, "17"],
    [ids.url, "https://example.org/x.dsc", "https://example.org/x.dsc"],
    [ids.multi, "a\r\nb\n", "a\nb\n"],
    [ids.choice, "c1", "c1"],
    [ids.int, "17", 17],
    [ids.int, 17, 17],
    [ids.int, "0", 0],
    [ids.int, 0, 0],
    [ids.int, "-5", -5],
    [ids.bool, "True", true],
    [ids.bool, "true", true],
    [ids.bool, "1", true],
    [ids.bool, true, true],
    [ids.list, "v0,v1", ["v0", "v1"]],
    [ids.list, ["v0", "v1,v2"], ["v0", "v1", "v2"]],
    [ids.list, " v0 ,, v1 ", ["v0", "v1"]],
    [
      ids.options,
      "add-depends=foo | bar|lintian-mode=IGNORE",
      ["add-depends=foo | bar", "lintian-mode=IGNORE"],
    ],
    [
      ids.options,
      ["deb-build-profiles=a,b", "lintian-mode[arm64]=ERRFAIL"],
      ["deb-build-profiles=a,b", "lintian-mode[arm64]=ERRFAIL"],
    ],
    [ids.source, "g++-12", "g++-12"],
    [ids.distribution, "bookworm-test-unstable", "bookworm-test-unstable"],
    [ids.distribution, "unstable", "unstable"],
  ];
  test.each(cases)("%# %o reads %o", (argument, given, value) => {
    const read = argument.read(given);
    expect(read).toEqual(value);
    expect(argument.read(argument.show(read))).toEqual(value);
  });
});

describe("refused with one sentence", () => {
  const cases: [AnyArgument, Given, string][] = [
    [ids.str, ["a", "b"], "bad_argument: Argument 'key': it is given more than once."],
    [ids.str, true, "bad_argument: Argument 'key': it must be text."],
    [ids.str, "a\nb", "bad_argument: Argument 'key': it holds control characters."],
    [ids.str, "a\0", "bad_argument: Argument 'key': it holds control characters."],
    [ids.multi, "a\u001b[0m", "bad_argument: Argument 'key': it holds control characters."],
    [
      ids.url,
      "file:///etc/passwd",
      "bad_argument: Argument 'key': 'file:///etc/passwd' is not an http or https address.",
    ],
    [ids.url, "example.org", "bad_argument: Argument 'key': 'example.org' is not an http or https address."],
    [ids.url, "http://me:secret@h/", "bad_argument: Argument 'key': the address must not hold a password."],
    [ids.choice, "c2", "bad_argument: Argument 'key': 'c2' is not one of: c0, c1."],
    [ids.int, "1e3", "bad_argument: Argument 'key': '1e3' is not a whole number."],
    [ids.int, 1.5, "bad_argument: Argument 'key': '1.5' is not a whole number."],
    [ids.int, "21", "bad_argument: Argument 'key': 21 is not between -5 and 20."],
    [ids.bool, "maybe", "bad_argument: Argument 'key': 'maybe' is neither True nor False."],
    [
      ids.options,
      "lintian-mode",
      "bad_argument: Argument 'key': 'lintian-mode' is not of the form KEY[ARCH]=VALUE.",
    ],
    [ids.source, "../etc", "bad_argument: Argument 'key': '../etc' is not the name of a source package."],
    [ids.distribution, "Bookworm-test", "bad_distribution: 'Bookworm-test' is not a distribution name."],
    [ids.repository, "a/b", "bad_argument: Argument 'key': 'a/b' is not the name of a repository."],
  ];
  test.each(cases)("%# %o given %o", (argument, given, message) => {
    expect(codeOf(() => argument.read(given))).toBe(message);
  });
  test("a text of absurd length", () => {
    expect(codeOf(() => ids.str.read("x".repeat(5000)))).toContain("longer than 4096");
  });
});

describe("identity and need", () => {
  test("first id without dashes, - as _", () => {
    expect(bool(["--with-repositories", "-R"], { doc }).identity).toBe("with_repositories");
  });
  test("positional ones are required, options are not; switches need no value", () => {
    expect([ids.source.required, ids.str.required, ids.bool.required]).toEqual([true, false, false]);
    expect([ids.source.needsValue, ids.bool.needsValue]).toEqual([true, false]);
  });
});

describe("binding", () => {
  const args = {
    source: source(["source"], { doc }),
    with_x: bool(["--with-x"], { doc }),
    repositories: repositories(["--repositories"], { doc }),
    limit: int(["--limit"], { doc, default: 7 }),
  };
  const resolve = (given: Record<string, Given>) => resolveArguments(readArguments("ls", args, given), known);

  test("defaults, also computed ones, and dashes in names", async () => {
    expect(await resolve({ source: "hello", "with-x": "True" })).toEqual({
      source: "hello",
      with_x: true,
      repositories: ["acme", "test"],
      limit: 7,
    });
  });
  test("a missing and an unknown argument are named", () => {
    expect(codeOf(() => readArguments("ls", args, {}))).toBe(
      "missing_argument: Call 'ls' needs the argument 'source'.",
    );
    expect(codeOf(() => readArguments("ls", args, { source: "hello", nope: "1" }))).toBe(
      "unknown_argument: Call 'ls' has no argument 'nope'.",
    );
    expect(codeOf(() => readArguments("ls", args, { source: "hello", constructor: "1" }))).toContain(
      "unknown_argument",
    );
  });
  test("names that the instance does not have are refused", async () => {
    await expect(resolve({ source: "hello", repositories: "test,nope" })).rejects.toMatchObject({
      code: "unknown_repository",
    });
    const codename = codenames(["--codenames"], { doc });
    await expect(codename.resolve?.(["sid"], known)).rejects.toThrow("'sid' is not one of: bookworm, trixie");
  });
});

describe("distributions by pattern", () => {
  const argument = distributions(["distributions"], { doc });
  const resolve = async (text: string) => await argument.resolve?.(argument.read(text) ?? [], known);

  test.each([
    ["bookworm-test-*", ["bookworm-test-stable", "bookworm-test-unstable"]],
    ["*-unstable", ["bookworm-test-unstable", "trixie-test-unstable"]],
    ["(bookworm|trixie)-test-unstable", ["bookworm-test-unstable", "trixie-test-unstable"]],
    ["bookworm-test-stable,*-stable", ["bookworm-test-stable"]],
    ["unstable", ["unstable"]],
  ])("%s", async (text, expected) => {
    expect(await resolve(text)).toEqual(expected);
  });
  test.each(["*-nope", "(", "^nothing$"])("%s fits nothing or is none", async (text) => {
    await expect(resolve(text)).rejects.toMatchObject({ code: "bad_argument" });
  });
  test("an expression that would take for ever is stopped", async () => {
    const slow: Known = { names: async () => [`${"a".repeat(40)}!`] };
    await expect(argument.resolve?.(["(a+)+$"], slow)).rejects.toThrow("takes too long to match");
  });
});

test("rollbacks: none, some, all", () => {
  expect(rollbacks(["--rollbacks"], { doc }).read("-1")).toBe(-1);
  expect([rollbackRange(0, 3), rollbackRange(2, 3), rollbackRange(9, 3), rollbackRange(-1, 3)]).toEqual([
    [],
    [0, 1],
    [0, 1, 2],
    [0, 1, 2],
  ]);
});
