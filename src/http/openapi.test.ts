import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allCalls } from "#api";
import { openApi } from "./openapi.ts";
import { createTestHttp, type TestHttp } from "./testing.ts";

const bkey = "hello/2.10-3~test12+1/20240102T030000Z/source";
const admin = { authorization: "Bearer admin-token" };
const document = openApi({
  url: "http://build.example.org:8066",
  version: "0.1.0",
  cookie: "mini-buildd-8066",
});

/** A document as clients read it: they know nothing of our types. */
interface Read {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}
interface Operation {
  readonly operationId: string;
  readonly security: readonly object[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly schema: object;
    readonly example?: unknown;
  }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: object; readonly example?: unknown }>>;
  };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}
const read: Read = JSON.parse(JSON.stringify(document));
const operations = Object.entries(read.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
);

let server: TestHttp;
beforeAll(async () => {
  server = await createTestHttp();
});
afterAll(async () => await server.close());

function validatorOf(schema: object): ValidateFunction {
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false });
  formats.default(ajv);
  return ajv.compile(schema);
}

function expectValid(schema: object, value: unknown, what: string): void {
  const validate = validatorOf(schema);
  validate(value);
  expect(validate.errors ?? [], what).toEqual([]);
}

describe("the document", () => {
  test("is OpenAPI 3.1, by a validator of others", async () => {
    const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)));

    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });
  test("has every call, and no operation's name twice", () => {
    expect(Object.keys(read.paths).sort()).toEqual(
      allCalls()
        .map(({ name }) => `/api/${name}`)
        .sort(),
    );
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });
  test("says by which ways one signs in, where that is needed", () => {
    for (const call of allCalls()) {
      const { security } = Object.values(read.paths[`/api/${call.name}`] ?? {})[0] ?? { security: [] };
      const ways = call.level === "NONE" ? [{}] : [{ token: [] }, { password: [] }, { session: [] }];
      expect(security, call.name).toEqual(ways);
    }
  });
  test("what changes something is done by POST only", () => {
    for (const call of allCalls().filter(({ changes }) => changes)) {
      const item = read.paths[`/api/${call.name}`];
      expect(Object.keys(item?.get?.responses ?? {}), call.name).not.toContain("200");
      expect(Object.keys(item?.get?.responses ?? {}), call.name).toContain(call.confirm ? "428" : "405");
      expect(Object.keys(item?.post?.responses ?? {}), call.name).toContain("200");
    }
  });
  test("examples are of their own schemas", () => {
    for (const { operation } of operations) {
      for (const { name, schema, example } of operation.parameters ?? [])
        if (example !== undefined) expectValid(schema, example, `${operation.operationId} ${name}`);
      for (const { schema, example } of Object.values(operation.requestBody?.content ?? {}))
        if (example !== undefined) expectValid(schema, example, operation.operationId);
    }
  });
});

describe("real answers are of the schemas", () => {
  const cases: [string, string, object | undefined][] = [
    ["GET", "/api/status", undefined],
    ["GET", "/api/status?with_repositories=true", undefined],
    ["GET", "/api/pub_key", undefined],
    ["GET", "/api/dput_conf", undefined],
    ["GET", "/api/dput_conf?dput_ng_profile=true", undefined],
    ["GET", "/api/sources_list?types=deb&types=deb-src", undefined],
    ["GET", "/api/ls?source=hello", undefined],
    ["POST", "/api/setup", { repositories: ["acme/default"], confirm: "setup" }],
    ["POST", "/api/retry", { bkey, confirm: "retry" }],
    ["POST", "/api/cancel", { bkey, confirm: "cancel" }],
    [
      "POST",
      "/api/port_ext",
      { dsc: "https://deb.example.org/x_1.dsc", distributions: ["bookworm-test-*"], confirm: "port_ext" },
    ],
    ["GET", "/api/ls", undefined],
    ["GET", "/api/ls?source=hello&repositories=nope", undefined],
    ["GET", "/api/subscribe", undefined],
    ["GET", `/api/cancel?bkey=${encodeURIComponent(bkey)}`, undefined],
    ["POST", "/api/cancel", { bkey }],
    ["POST", "/api/migrate", { source: "hello" }],
  ];
  test.each(cases)("%s %s %o", async (method, url, payload) => {
    const [path = ""] = url.split("?");
    const answer = await server.http.app.inject({
      method: method === "GET" ? "GET" : "POST",
      url,
      headers: { ...admin, accept: "application/json" },
      ...(payload === undefined ? {} : { payload }),
    });

    const operation = read.paths[path]?.[method.toLowerCase()];
    const response = operation?.responses[String(answer.statusCode)];
    const [type = ""] = String(answer.headers["content-type"]).split(";");
    const schema = response?.content?.[type]?.schema;
    const resolved = schema !== undefined && "$ref" in schema ? read.components.schemas.Problem : schema;
    expect(resolved, `${answer.statusCode} ${type}`).toBeDefined();
    expectValid(resolved ?? {}, answer.json(), url);
  });
});
