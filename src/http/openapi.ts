import { z } from "zod";
import { type AnyArgument, allCalls, type CallDefinition, problem } from "#api";

/** The registry as an OpenAPI 3.1 document. */
export function openApi(instance: { url: string; version: string }) {
  const paths = Object.fromEntries(allCalls().map((call) => [`/api/${call.name}`, pathItem(call)]));
  return {
    openapi: "3.1.0",
    info: { title: "mini-buildd", version: instance.version, license: { name: "GPL-2.0-or-later" } },
    servers: [{ url: instance.url }],
    paths,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        password: { type: "http", scheme: "basic" },
      },
      schemas: { Problem: z.toJSONSchema(problem, { io: "input" }) },
    },
  };
}

function pathItem(call: CallDefinition) {
  const [summary = "", ...more] = call.doc.split("\n");
  const operation = {
    operationId: call.name,
    summary,
    description: more.join("\n").trim(),
    tags: [call.category],
    ...(call.level === "NONE" ? {} : { security: [{ token: [] }, { password: [] }] }),
    responses: responsesOf(call),
  };
  return call.confirm
    ? { post: { ...operation, requestBody: bodyOf(call) } }
    : { get: { ...operation, parameters: Object.values(call.arguments).map(parameterOf) } };
}

function responsesOf(call: CallDefinition) {
  const refusal = {
    description: "What was wrong, and what to do",
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  };
  return {
    "200": {
      description: "Result",
      content: { "application/json": { schema: z.toJSONSchema(call.result) } },
    },
    default: refusal,
  };
}

function parameterOf(argument: AnyArgument) {
  return {
    name: argument.identity,
    in: "query",
    required: argument.required,
    description: argument.doc,
    schema: schemaOf(argument),
  };
}

function bodyOf(call: CallDefinition) {
  const fields = Object.values(call.arguments);
  const schema = {
    type: "object",
    properties: {
      ...Object.fromEntries(
        fields.map((argument) => [argument.identity, { ...schemaOf(argument), description: argument.doc }]),
      ),
      confirm: { const: call.name, description: "The name of the call again." },
    },
    required: [...fields.filter(({ required }) => required).map(({ identity }) => identity), "confirm"],
  };
  return {
    required: true,
    content: { "application/json": { schema }, "application/x-www-form-urlencoded": { schema } },
  };
}

function schemaOf(argument: AnyArgument) {
  if (argument.kind === "bool") return { type: "boolean" };
  if (argument.kind === "int") return { type: "integer" };
  if (argument.kind === "list") return { type: "string", description: "separated by commas" };
  if (argument.kind === "choice" && typeof argument.choices !== "string")
    return { type: "string", enum: argument.choices };
  return argument.kind === "url" ? { type: "string", format: "uri" } : { type: "string" };
}
