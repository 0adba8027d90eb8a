import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NOBODY, type Principal } from "#accounts";
import { allCalls, type CallPage, callNamed, describeCall, type Known } from "#api";
import { callValues, readValues, textsOfValues } from "#testing";
import { loadAssets } from "../assets/index.ts";
import { harmless } from "../document.tsx";
import { createCallPages } from "./call-pages.tsx";

const ada: Principal = { level: "STAFF", kind: "user", name: "ada" };
const known: Known = {
  names: async (key) => (key === "repositories" ? ["acme", "test"] : ["bookworm-test-unstable", "hello"]),
};
const pages = createCallPages({
  identity: "acme",
  hostname: "packages.acme.example",
  url: "http://packages.acme.example:8066",
  version: "0.1.0",
  assets: loadAssets(),
  clock: { now: () => new Date("2024-01-03T00:00:00Z") },
  engine: () => "running",
});

async function pageOf(name: string, given: Record<string, string> = {}): Promise<CallPage> {
  const definition = callNamed(name);
  return { definition, view: await describeCall(definition, known), given, principal: ada };
}

/** Text as one reads it. */
function textOf(html: string): string {
  return decoded(html.replaceAll(/<head>.*?<\/head>/gs, "").replaceAll(/<[^>]*>/g, " ")).replaceAll(
    /\s+/g,
    " ",
  );
}

function decoded(html: string): string {
  const names: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"' };
  return html.replaceAll(/&(lt|gt|amp|quot|#39);/g, (_whole, name: string) => names[name] ?? "'");
}

/** What a browser would send of the form as it stands (HTML, "constructing the entry list"). */
function sentBy(html: string): Record<string, string[]> {
  const form = /<form class="call-form".*?<\/form>/s.exec(html)?.[0] ?? "";
  const sent: Record<string, string[]> = {};
  const add = (name: string, value: string) => (sent[name] = [...(sent[name] ?? []), value]);
  const controls =
    /<(input|select|textarea)((?:\s[a-z-]+(?:="[^"]*")?)*)\s*\/?>(?:(?<!\/>)([^<]*(?:<option.*?<\/option>)*)<\/(?:select|textarea)>)?/gs;
  for (const [, tag = "", attributes = "", inside = ""] of form.matchAll(controls)) {
    const values = Object.fromEntries(
      [...attributes.matchAll(/([a-z-]+)(?:="([^"]*)")?/g)].map(([, key = "", value = ""]) => [
        key,
        decoded(value),
      ]),
    );
    const name = values.name ?? "";
    if (tag === "input" && (values.type !== "checkbox" || "checked" in values)) add(name, values.value ?? "");
    if (tag === "textarea") add(name, decoded(inside).replace(/^\n/, ""));
    if (tag === "select") add(name, decoded(/<option selected[^>]*>([^<]*)</.exec(inside)?.[1] ?? ""));
  }
  return sent;
}

/** Boxes have an order of their own, and each is there once. */
function asSets(values: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? new Set(value) : value]),
  );
}

describe("the form of a call", () => {
  test.each(allCalls().map((call) => [call.name, call] as const))(
    "%s sends what it shows",
    async (name, call) => {
      const empty = await pageOf(name);
      fc.assert(
        fc.property(callValues(call), (values) => {
          const given = textsOfValues(call, values);
          fc.pre(harmless(JSON.stringify(given)) === JSON.stringify(given));

          const { output, form, ...sent } = sentBy(pages.form({ ...empty, given }));

          expect([output, form]).toEqual([["html"], ["sent"]]);
          expect(asSets(readValues(call, sent))).toEqual(asSets(values));
        }),
        { numRuns: 15 },
      );
      // Defaults are hints: a form that nobody touched gives nothing.
      expect(readValues(call, sentBy(pages.form(empty)))).toEqual({});
    },
  );
  test("what is required comes first, the rest is folded, and defaults are told", async () => {
    const html = pages.form(await pageOf("ls"));
    const text = textOf(html);

    expect(html.indexOf('name="source"')).toBeLessThan(html.indexOf("<details>"));
    expect(text).toContain("4 optional arguments");
    expect(text).toContain("Unless given: acme,test");
    expect(text).toContain("Anybody may");
    expect(html).toContain('<option value="hello"');
  });
  test.each([
    ["ls", "get", "Run"],
    ["migrate", "get", "Show what it would do"],
    ["subscribe", "post", "Do it"],
    ["set_user_key", "post", "Show what it would do"],
  ])("%s is sent by %s", async (name, method, words) => {
    const html = pages.form(await pageOf(name));

    expect(html).toContain(`method="${method}" action="/api/${name}"`);
    expect(textOf(html)).toContain(words);
  });
  test("the sentence about an argument stands at it", async () => {
    const problem = {
      type: "about:blank",
      title: "Bad Request",
      status: 400,
      detail: "Argument 'version': no.",
      code: "bad_argument",
      argument: "version",
    };
    const html = pages.form({ ...(await pageOf("migrate", { version: "<b>" })), problem });

    expect(html).toMatch(/id="argument-version-problem" role="alert">Argument 'version': no\./);
    expect(html).toMatch(/name="version" aria-describedby="argument-version-problem argument-version-doc"/);
    expect(html).toContain("<details open>");
    expect(html).not.toContain("<b>");
  });
  test("who may not is told before, and shown the way in", async () => {
    const page = await pageOf("remove", { source: "hello" });

    expect(textOf(pages.form(page))).toContain("needs level ADMIN; you are ada, with level STAFF");
    expect(pages.form({ ...page, principal: NOBODY })).toContain(
      'href="/account/sign-in?next=%2Fapi%2Fremove%3Fsource%3Dhello%26form%3D1"',
    );
  });
});

test("a confirmation says what would be done, by whom, and how else", async () => {
  const page = await pageOf("migrate", { source: "hello", distribution: "bookworm-test-unstable" });
  const html = pages.confirm({ ...page, plan: ["Copy hello <1>."] });
  const text = textOf(html);

  expect(text).toContain("Copy hello <1>.");
  expect(text).toContain("You are ada (STAFF).");
  expect(text).toContain(
    "mini-buildd api http://packages.acme.example:8066 migrate hello bookworm-test-unstable",
  );
  expect(text).toContain('-H "Authorization: Bearer $TOKEN"');
  expect(html).toContain('<input type="hidden" name="confirm" value="migrate"');
  expect(html).toContain('<input type="hidden" name="source" value="hello"');
  expect(html).toContain(
    'href="/api/migrate?source=hello&amp;distribution=bookworm-test-unstable&amp;form=1"',
  );
});

describe("a result is for people", () => {
  const show = async (name: string, result: unknown) => pages.result({ ...(await pageOf(name)), result });

  test("records have links, times, states and folded insides", async () => {
    const html = await show("ls", {
      "bookworm-test-unstable": {
        version: "1.0",
        dsc_path: "/repositories/test/pool/main/h/hello/hello_1.0.dsc",
        bad_path: "javascript:alert(1)",
        home_url: "javascript:alert(1)",
        incoming_url: "ftp://h:1/",
        bkey: "hello/1.0/20240102T030000Z/source amd64",
        created_at: "2024-01-02T23:00:00Z",
        state: "FAILED",
        rollbacks: [{ version: "0.9" }],
        binaries: [],
      },
    });

    expect(html).toContain('href="/distributions/bookworm-test-unstable"');
    expect(html).toContain('<a href="/repositories/test/pool/main/h/hello/hello_1.0.dsc">hello_1.0.dsc</a>');
    expect(html).toContain('href="/bkey?key=hello%2F1.0%2F20240102T030000Z%2Fsource%20amd64"');
    expect(html).toContain('<time datetime="2024-01-02T23:00:00Z"');
    expect(html).toContain('href="ftp://h:1/"');
    expect(html).not.toContain('href="javascript');
    expect(html).toContain('<span class="badge bad">FAILED</span>');
    expect(textOf(html)).toContain("Rollbacks (1)");
  });
  test("what apt does not see yet is done nevertheless", async () => {
    const job = "publish test/bookworm-test-testing";
    const left = { distribution: "bookworm-test-testing", job, reason: "no space is left" };
    const result = { source: "hello", version: "1.0", unpublished: [left] };

    expect(textOf(await show("migrate", result))).toContain(
      "Done, but apt does not see it yet. bookworm-test-testing will be published",
    );
    expect(textOf(await show("migrate", { source: "hello" }))).toContain("Done.");
  });
  test("lists of records are tables, whatever is missing in some", async () => {
    const html = await show("port_ext", [
      { target: "bookworm-test-unstable", version: "1.0" },
      { target: "x", error: "<no>" },
    ]);

    expect(textOf(html)).toMatch(/Target Version Error bookworm-test-unstable 1\.0 – x – <no>/);
    expect(html).toContain('<th scope="col">Target</th>');
  });
  test.each([
    [[], "Nothing."],
    [{}, "Nothing was found."],
    ["", "The answer is empty."],
  ])("%o says so", async (result, words) => {
    expect(textOf(await show("ls", result))).toContain(words);
  });
  test("text can be taken away", async () => {
    expect(await show("pub_key", "-----BEGIN\n<x>")).toContain("<code>-----BEGIN\n&lt;x></code>");
  });
  test("differences are in colour, file by file, and hostile text stays text", async () => {
    const html = await show("debdiff", "--- a/x\n+++ a/x\n@@ -1 +1 @@\n-old <script>\n+new\n");

    expect(html).toContain('<div class="diff-line removed">');
    expect(html).toContain('<div class="diff-line added">');
    expect(textOf(html)).toContain(" x +1 −1");
    expect(html).not.toContain("<script>");
  });
  test("a difference that is too large is cut, with the way to all of it", async () => {
    const lines = Array.from({ length: 6000 }, (_, index) => `+line ${index}`).join("\n");
    const html = await show("debdiff", `--- a/x\n+++ a/x\n@@ -0,0 +1,6000 @@\n${lines}\n`);

    expect(html).toContain("line 3999<");
    expect(html).not.toContain("line 4000<");
    expect(html).toContain('<a href="/api/debdiff?output=plain">the whole difference</a>');
  });
});
