import { describe, expect, test } from "vitest";
import { MbdError } from "#platform";
import type { Known } from "../known.ts";
import { type AnyArgument, type Given, SERVER_DEFAULT } from "./argument.ts";
import { bool, choice, int, list, multilineStr, str, url } from "./basic.ts";
import { type BoundArgument, readArguments, resolveArguments } from "./bind.ts";
import { codenames, distribution, distributions, repositories, repository, source, suites } from "./names.ts";
import { output, rollbacks, uploadOptions } from "./options.ts";

/** What the original's reference says of its classes of arguments, statement by statement. */
const doc = "Doc.";
const known: Known = {
  async names(key) {
    if (key === "repositories") return ["acme", "test"];
    if (key === "codenames") return ["bookworm", "trixie"];
    if (key === "suites") return ["stable", "unstable"];
    if (key === "distributions") return ["bookworm-test-stable", "bookworm-test-unstable"];
    return [];
  },
};

function bind(argument: AnyArgument, given: Given): BoundArgument {
  const [bound] = readArguments("call", { [argument.identity]: argument }, { [argument.identity]: given });
  if (bound === undefined) throw new Error("nothing bound");
  return bound;
}

async function valueGiven(argument: AnyArgument, given?: Given): Promise<unknown> {
  const values = await resolveArguments([bind(argument, given)], known);
  return values[argument.identity];
}

describe("id_list: identity is the first id without dashes, - as _", () => {
  test.each([
    [["--with-repositories", "-R"], "with_repositories", false],
    [["--full", "-F"], "full", false],
    [["from_distribution"], "from_distribution", true],
    [["source"], "source", true],
  ] as const)("%o", (ids, identity, positional) => {
    const argument = str(ids, { doc });

    expect([argument.identity, argument.positional, argument.required]).toEqual([
      identity,
      positional,
      positional,
    ]);
  });
});

/** The table: class, type of value(), strvalue(), what HTTP and HTML send, what the command line gives. */
const TABLE: readonly (readonly [string, AnyArgument, string, unknown, string, readonly Given[]])[] = [
  ["Str", str(["--key"], { doc }), "text", "string", "string", ["string", ["string"]]],
  ["Url", url(["--key"], { doc }), "url", "http://h/x", "http://h/x", ["http://h/x"]],
  ["MultilineStr", multilineStr(["--key"], { doc }), "textarea", "long\n", "long\n", ["long\n", "long\r\n"]],
  ["Choice", choice(["--key"], { doc, choices: ["c0", "c1"] }), "select", "c1", "c1", ["c1", ["c1"]]],
  ["Int", int(["--key"], { doc }), "number", 17, "17", ["17", 17, "+17", ["17"]]],
  ["Bool", bool(["--key"], { doc }), "checkbox", true, "True", ["True", "true", "1", true, "on"]],
  [
    "List",
    list(["--key"], { doc }),
    "text",
    ["v0", "v1"],
    "v0,v1",
    ["v0,v1", ["v0", "v1"], ["v0,v1"], "v0, v1,"],
  ],
];

describe("each class has its type, its text and its input", () => {
  for (const [name, argument, html, value, text, gifts] of TABLE) {
    test.each(gifts.map((given) => [given]))(`${name} given %o`, async (given) => {
      expect(argument.html).toBe(html);
      expect(await valueGiven(argument, given)).toEqual(value);
      expect(argument.show(value)).toBe(text);
      expect(bind(argument, given).strgiven).toBe(text);
    });
  }
  test("what to enter is told for each", () => {
    expect(TABLE.map(([, argument]) => argument.htmlHelp)).toEqual([
      "Enter plain string",
      "Enter URL string",
      "Enter multiline string",
      "Select one choice",
      "Enter integer number",
      "Check box to activate",
      "Enter list as comma-separated strings",
    ]);
  });
  test("the values of a switch are choices, as those of a choice are", () => {
    expect(bool(["--key"], { doc }).choices).toEqual(["True", "False"]);
  });
});

describe("value() is never nothing: the default, or what was given", () => {
  test.each([
    ["Str", str(["--key"], { doc }), ""],
    ["Str with default", str(["--key"], { doc, default: "d" }), "d"],
    ["Url", url(["--key"], { doc }), ""],
    ["MultilineStr", multilineStr(["--key"], { doc }), ""],
    ["Choice: the first", choice(["--key"], { doc, choices: ["c0", "c1"] }), "c0"],
    ["Choice with default", choice(["--key"], { doc, choices: ["c0", "c1"], default: "c1" }), "c1"],
    ["Int", int(["--key"], { doc }), 0],
    ["Int with default", int(["--key"], { doc, default: 7 }), 7],
    ["Bool", bool(["--key"], { doc }), false],
    ["List", list(["--key"], { doc }), []],
    ["List with default", list(["--key"], { doc, default: ["a"] }), ["a"]],
    ["Output", output, "plain"],
    ["Rollbacks", rollbacks(["--key"], { doc }), 0],
  ] as [string, AnyArgument, unknown][])("%s", async (_name, argument, value) => {
    expect(await valueGiven(argument)).toEqual(value);
    expect(typeof argument.show(value)).toBe("string");
    expect(bind(argument, undefined).strgiven).toBeUndefined();
  });
});

describe("an empty text, an empty list and false are as not given", () => {
  const empty: [string, AnyArgument, Given][] = TABLE.flatMap(([name, argument]) =>
    [undefined, null, "", false, [], [""]].map((given): [string, AnyArgument, Given] => [
      name,
      argument,
      given,
    ]),
  );
  test.each(empty)("%s %#", (_name, argument, given) => {
    expect(bind(argument, given)).toMatchObject({ given: undefined, strgiven: undefined });
  });
  test("zero is a number that was given", () => {
    expect(bind(int(["--key"], { doc, default: 7 }), 0)).toMatchObject({ given: 0, strgiven: "0" });
  });
});

describe("a default of the server", () => {
  const argument = repositories(["--repositories"], { doc });

  test("is computed when the call runs", async () => {
    expect(await valueGiven(argument)).toEqual(["acme", "test"]);
  });
  test("may be named by its magic text, which counts as not given", async () => {
    expect(SERVER_DEFAULT).toBe("<server_default>");
    expect(await valueGiven(argument, SERVER_DEFAULT)).toEqual(["acme", "test"]);
    expect(bind(argument, SERVER_DEFAULT).strgiven).toBeUndefined();
  });
  test("an argument without one takes that text as it is", async () => {
    expect(await valueGiven(str(["--key"], { doc }), SERVER_DEFAULT)).toBe(SERVER_DEFAULT);
  });
});

describe("needs_value: what is required must be given", () => {
  test.each([undefined, "", null, []])("%o is no value", (given) => {
    expect(() => bind(str(["key"], { doc }), given)).toThrow("Call 'call' needs the argument 'key'.");
  });
  test("a positional argument with a default is not required", async () => {
    expect(await valueGiven(str(["key"], { doc, default: "d" }))).toBe("d");
  });
  test("a switch is only named", () => {
    expect(TABLE.filter(([, argument]) => !argument.needsValue).map(([name]) => name)).toEqual(["Bool"]);
  });
});

describe("built on these", () => {
  test.each([
    ["Repository", repository(["--key"], { doc }), "str", "test", "test"],
    ["Repositories", repositories(["--key"], { doc }), "list", "test,acme", ["test", "acme"]],
    ["Codenames", codenames(["--key"], { doc }), "list", "trixie", ["trixie"]],
    ["suites", suites(["--key"], { doc }), "list", "unstable", ["unstable"]],
    ["Distribution", distribution(["--key"], { doc }), "str", "bookworm-test-stable", "bookworm-test-stable"],
    [
      "Distributions by glob",
      distributions(["--key"], { doc }),
      "list",
      "*-stable",
      ["bookworm-test-stable"],
    ],
    [
      "Distributions by expression",
      distributions(["--key"], { doc }),
      "list",
      "bookworm-test-(un)?stable",
      ["bookworm-test-stable", "bookworm-test-unstable"],
    ],
    ["Source", source(["--key"], { doc }), "str", "hello", "hello"],
    ["UploadOptions", uploadOptions(["--key"], { doc }), "list", "a[amd64]=1|b=2", ["a[amd64]=1", "b=2"]],
    ["Rollbacks", rollbacks(["--key"], { doc }), "int", "-1", -1],
    ["Output", output, "choice", "json", "json"],
  ] as [string, AnyArgument, string, Given, unknown][])("%s", async (_name, argument, kind, given, value) => {
    expect(argument.kind).toBe(kind);
    expect(await valueGiven(argument, given)).toEqual(value);
  });
  test.each([
    ["Repository", repository(["--key"], { doc }), "nope", "unknown_repository"],
    ["Repositories", repositories(["--key"], { doc }), "test,nope", "unknown_repository"],
    ["Codenames", codenames(["--key"], { doc }), "sid", "bad_argument"],
    ["Distribution", distribution(["--key"], { doc }), "Not-A-Name", "bad_distribution"],
    ["Distributions", distributions(["--key"], { doc }), "sid-*", "bad_argument"],
    ["Source", source(["--key"], { doc }), "Not A Name", "bad_argument"],
    ["UploadOptions", uploadOptions(["--key"], { doc }), "nothing", "bad_argument"],
  ] as [string, AnyArgument, Given, string][])("%s refuses %s %o", async (_name, argument, given, code) => {
    const error: unknown = await valueGiven(argument, given).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(MbdError);
    // Whatever is wrong, the error says of which argument.
    expect(error).toMatchObject({ code, params: { argument: "key" } });
  });
});
