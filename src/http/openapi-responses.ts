import { z } from "zod";
import type { CallDefinition } from "#api";

/** How a call is asked: by GET, by POST, or by GET although it changes something. */
type Asked = "get" | "post" | "refused";

/** What a call may answer, by status. */
export function responsesOf(call: CallDefinition, asked: Asked) {
  const refusals: Record<string, string> = {
    ...(Object.keys(call.arguments).length > 0 || asked !== "get"
      ? { "400": "An argument is missing or wrong" }
      : {}),
    ...(call.level === "NONE" ? {} : { "401": "Nobody is signed in", "403": "The level is too low" }),
    ...(asked === "refused" && !call.confirm ? { "405": "Changes something: POST it" } : {}),
    ...(asked !== "get" && call.confirm
      ? { "428": "Not confirmed: `plan` says what it would do, and nothing was done" }
      : {}),
    "404": "What it is about is not there",
    "429": "Too many requests, or wrong credentials",
    "503": call.needsRunning
      ? "The engine is stopped, or the call is not available yet"
      : "Not available now",
    default: "What was wrong, and what to do",
  };
  const problems = Object.entries(refusals).map(([status, description]) => [status, refusal(description)]);
  const good = asked === "refused" ? {} : { "200": resultOf(call, asked), ...laterOf(call) };
  const same = asked === "get" ? { "304": { description: "The client has the answer", headers: ETAG } } : {};
  return { ...good, ...same, ...Object.fromEntries(problems) };
}

/** Of calls that change what apt sees. */
function laterOf(call: CallDefinition) {
  if (!(call.result instanceof z.ZodObject) || !("unpublished" in call.result.shape)) return {};
  const description = "It is done, but apt does not see all of it yet: `unpublished` will be published";
  return { "202": { ...resultOf(call, "post"), description } };
}

const REQUEST_ID = { "x-request-id": { $ref: "#/components/headers/RequestId" } };
const ETAG = { etag: { $ref: "#/components/headers/ETag" } };

function refusal(description: string) {
  return {
    description,
    headers: REQUEST_ID,
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  };
}

function resultOf(call: CallDefinition, asked: Asked) {
  return {
    description: "Result",
    headers: { ...REQUEST_ID, ...(asked === "get" ? ETAG : {}) },
    content: {
      "application/json": { schema: jsonSchema(call.result, "output") },
      "text/plain": { schema: { type: "string" } },
    },
  };
}

/** A schema of ours as OpenAPI has them: the document says once which dialect they are of. */
export function jsonSchema(schema: z.ZodType, io: "input" | "output") {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
