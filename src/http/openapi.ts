import { allCalls, type CallDefinition, goesByPost, problem } from "#api";
import { bodyOf, OUTPUT, parametersOf } from "./openapi-arguments.ts";
import { jsonSchema, responsesOf } from "./openapi-responses.ts";

export interface DescribedInstance {
  readonly url: string;
  readonly version: string;
  /** Name of the cookie of those who signed in on a page. */
  readonly cookie: string;
}

/** The registry as an OpenAPI 3.1 document. */
export function openApi(instance: DescribedInstance) {
  return {
    openapi: "3.1.0",
    info: {
      title: "mini-buildd",
      version: instance.version,
      description:
        "Every call also is a page and a command. An empty text, an empty list and false count as not given.",
      license: { name: "GPL-2.0-or-later", identifier: "GPL-2.0-or-later" },
    },
    servers: [{ url: instance.url }],
    tags: ["Consumer", "Developer", "Administrator"].map((name) => ({ name })),
    paths: Object.fromEntries(allCalls().map((call) => [`/api/${call.name}`, pathItem(call)])),
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "An API token." },
        password: { type: "http", scheme: "basic", description: "Name and password of a user." },
        session: {
          type: "apiKey",
          in: "cookie",
          name: instance.cookie,
          description:
            "Of a user who signed in on a page. A change must also come from a page of this instance.",
        },
      },
      headers: {
        RequestId: {
          description: "The daemon's log has it, too.",
          schema: { type: "string", format: "uuid" },
        },
        ETag: { description: "For If-None-Match.", schema: { type: "string" } },
      },
      schemas: { Problem: jsonSchema(problem, "input") },
    },
  };
}

function pathItem(call: CallDefinition) {
  if (!goesByPost(call))
    return {
      get: {
        ...operation(call, call.name),
        parameters: parametersOf(call),
        responses: responsesOf(call, "get"),
      },
    };
  const post = {
    ...operation(call, call.name),
    parameters: [OUTPUT],
    requestBody: bodyOf(call),
    responses: responsesOf(call, "post"),
  };
  return call.changes ? { get: reading(call), post } : { post };
}

/** What a GET of a call that changes something answers; it never changes anything. */
function reading(call: CallDefinition) {
  const words = call.confirm ? "What it would do" : "Not by GET";
  return {
    ...operation(call, `${call.name}_${call.confirm ? "plan" : "refused"}`),
    summary: `${words}: ${summaryOf(call)}`,
    parameters: parametersOf(call),
    responses: responsesOf(call, "refused"),
  };
}

function operation(call: CallDefinition, operationId: string) {
  const [, ...more] = call.doc.split("\n");
  return {
    operationId,
    summary: summaryOf(call),
    description: more.join("\n").trim(),
    tags: [call.category],
    security: call.level === "NONE" ? [{}] : [{ token: [] }, { password: [] }, { session: [] }],
  };
}

function summaryOf(call: CallDefinition): string {
  return call.doc.split("\n", 1)[0] ?? call.name;
}
