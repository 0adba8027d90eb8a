import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AnyArgument, allCalls, type CallDefinition } from "#api";
import { createTestHttp, type TestHttp } from "./testing.ts";

// Whatever is sent to a call: an answer that took less than a second to compute, and never one that says it is our own fault (500). By
// MBD_FUZZ_RUNS as many requests for each call as one has patience for.
const RUNS = Number(process.env.MBD_FUZZ_RUNS ?? 25);
const TIMEOUT_MS = 20_000 + RUNS * 200;
const SECOND_MS = 1000;
const MEGABYTE = 1024 * 1024;

let server: TestHttp;
beforeAll(async () => {
  server = await createTestHttp();
});
afterAll(async () => await server.close());

const ADMIN = { authorization: "Bearer admin-token" };

interface Sent {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly payload?: string | Buffer;
}

/**
 * Asks and judges. What counts is the time of processors: the machine may be busy with something else, but a daemon that
 * computes for long answers nobody.
 */
async function expectAnswer(sent: Sent): Promise<void> {
  const before = process.cpuUsage();
  const answer = await server.http.app.inject({ ...sent, headers: { ...ADMIN, ...sent.headers } });
  const { user, system } = process.cpuUsage(before);
  const about = `${sent.method} ${sent.url.slice(0, 300)} ${String(sent.payload ?? "").slice(0, 300)}`;
  expect(ANSWERS, `${about}: ${answer.body.slice(0, 500)}`).toContain(answer.statusCode);
  if (answer.statusCode === 503) expect(answer.body, about).toMatch(/not available yet|engine/);
  expect((user + system) / 1000, about).toBeLessThan(SECOND_MS);
}

const ANSWERS = [200, 400, 401, 403, 404, 405, 406, 409, 413, 414, 415, 428, 503];

const EDGES = [
  ...[0, -0, -1, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, 5e-324, 0.1],
  ...["0", "-0", "+1", "1e999", "0x10", "9".repeat(400), "NaN", "Infinity", "٣"],
];
const NASTY = [
  ...["\0", "a\nb", "a\r\nb", "\u202e", "\u2066x", "\u200b", "\ud800", "\ufeff", "e\u0301", "\u0085", "💥"],
  ...["..", "../../etc/passwd", "/etc/passwd", "a/b/c/source", "%00", "%2e%2e", "\\", "C:\\x"],
  ...["<script>", "'; --", "$(id)", "-x", "--help", "@file", "__proto__", "constructor", "toString"],
  ...["(a+)+$", "(".repeat(200), "[", "*", "**", ",", ",,,", "|", "a=b|c[d]=e", "a:b+c", "x/y"],
  ...["http://h", "https://[::1]/", "file:///x", "http://u:p@h", "http://\0", "//x", "http://h:99999"],
  ...["a".repeat(10_000), "a,".repeat(2000), "(a|a)*b,".repeat(50)],
];

const text = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.stringMatching(/^[a-z0-9:+|,=[\]()*?./~-]{0,40}$/),
);

/** A value nearer to what an argument takes: read errors hide what lies behind them. */
function near(argument: AnyArgument): fc.Arbitrary<unknown> {
  const choices = Array.isArray(argument.choices) ? (argument.choices as readonly string[]) : [];
  const right = [
    "hello",
    "test",
    "bookworm",
    "bookworm-test-unstable",
    "stable",
    "1.0-1",
    "http://h/x.dsc",
    ...choices,
  ];
  return fc.oneof(
    fc.constantFrom(...right),
    fc.tuple(fc.constantFrom(...right), text).map(([word, more]) => `${word}${more}`),
    fc.constantFrom<unknown>(...EDGES),
    text,
  );
}

function anyValue(argument: AnyArgument): fc.Arbitrary<unknown> {
  const one = near(argument);
  return fc.oneof(
    { weight: 4, arbitrary: one },
    { weight: 1, arbitrary: fc.array(one, { maxLength: 5 }) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  );
}

/** Some of the arguments, and now and then one that is none. */
function anyGiven(call: CallDefinition): fc.Arbitrary<Record<string, unknown>> {
  const shape = Object.fromEntries(
    Object.values(call.arguments).map((argument) => [argument.identity, anyValue(argument)]),
  );
  const known = fc.record(shape, {
    requiredKeys: Object.values(call.arguments)
      .filter((a) => a.required)
      .map((a) => a.identity),
  });
  const more = fc.oneof(
    { weight: 5, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: fc.dictionary(text, text, { maxKeys: 3 }) },
    { weight: 1, arbitrary: fc.record({ confirm: text, output: text, form: text }, { requiredKeys: [] }) },
  );
  const confirm = fc.constantFrom({}, { confirm: call.name });
  return fc
    .tuple(known, more, confirm)
    .map((parts) => Object.assign({}, ...parts) as Record<string, unknown>);
}

function addressOf(name: string, given: Record<string, unknown>, output: string): string {
  const query = new URLSearchParams({ output });
  for (const [key, value] of Object.entries(given)) {
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value])
      query.append(key, typeof item === "string" ? item : JSON.stringify(item));
  }
  return `/api/${name}?${query}`;
}

describe.each(allCalls().map((call) => [call.name, call] as const))("%s", (name, call) => {
  const given = anyGiven(call);
  const output = fc.constantFrom("html", "json", "plain");
  const check = async (property: fc.IAsyncPropertyWithHooks<[Record<string, unknown>, string]>) =>
    await fc.assert(property, { numRuns: RUNS });

  test("by address", { timeout: TIMEOUT_MS }, async () => {
    await check(
      fc.asyncProperty(given, output, (values, form) =>
        expectAnswer({ method: "GET", url: addressOf(name, values, form) }),
      ),
    );
  });

  test("as JSON", { timeout: TIMEOUT_MS }, async () => {
    const headers = { "content-type": "application/json" };
    await check(
      fc.asyncProperty(given, output, (values, form) =>
        expectAnswer({
          ...{ method: "POST", url: `/api/${name}?output=${form}`, headers, payload: JSON.stringify(values) },
        }),
      ),
    );
  });

  test("as a form", { timeout: TIMEOUT_MS }, async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    await check(
      fc.asyncProperty(given, output, (values, form) => {
        const [, payload = ""] = addressOf(name, values, form).split("?");
        return expectAnswer({ method: "POST", url: `/api/${name}`, headers, payload });
      }),
    );
  });

  test("one argument of a megabyte", async () => {
    for (const { identity } of Object.values(call.arguments)) {
      for (const piece of ["x", "x,", "(a|a)*", "a=b|", "é", "\n"]) {
        const payload = JSON.stringify({ [identity]: piece.repeat(MEGABYTE / piece.length) });
        await expectAnswer({
          ...{ method: "POST", url: `/api/${name}?output=json`, payload },
          headers: { "content-type": "application/json" },
        });
      }
    }
  });
});

describe("bodies", () => {
  const deep = (open: string, close: string, depth = 100_000) =>
    `${open.repeat(depth)}${close.repeat(depth)}`;
  const bodies: readonly [string, string | Buffer][] = [
    ["a deep list", deep("[", "]")],
    ["a deep object", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`],
    ["an argument that is deep", `{"source":${deep("[", "]", 50_000)}}`],
    ["half an object", '{"source":"hel'],
    ["the same name twice", '{"source":"hello","source":"../x"}'],
    ["the prototype", '{"__proto__":{"source":"hello"},"constructor":{"prototype":{"x":1}}}'],
    ["no object", '"hello"'],
    ["null", "null"],
    ["a number of a megabyte", `{"source":${"9".repeat(MEGABYTE)}}`],
    [
      "a hundred thousand names",
      JSON.stringify(Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`a${n}`, n]))),
    ],
    ["nothing", ""],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0x80])],
    ["a byte order mark", `\ufeff{"source":"hello"}`],
    ["a form of a hundred thousand fields", Array.from({ length: 100_000 }, (_, n) => `a${n}=1`).join("&")],
    ["a field a hundred thousand times", "source=x&".repeat(100_000)],
    ["signs of percent", "%".repeat(MEGABYTE)],
  ];
  const types = [
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/xml",
    "application/json; charset=utf-16",
    "nonsense",
    "a/b; ".repeat(100),
    "",
  ];

  test.each(bodies)("%s", async (_name, payload) => {
    for (const type of types) {
      for (const call of ["ls", "setup", "frobnicate"])
        await expectAnswer({
          method: "POST",
          url: `/api/${call}`,
          payload,
          headers: { "content-type": type },
        });
    }
  });

  test("JSON that is read takes the last of two equal names, and checks it", async () => {
    const answer = await server.http.app.inject({
      ...{ method: "POST", url: "/api/ls", payload: '{"source":"hello","source":"../x"}' },
      headers: { "content-type": "application/json" },
    });
    expect(answer.json()).toMatchObject({ status: 400, code: "bad_argument" });
  });
});
