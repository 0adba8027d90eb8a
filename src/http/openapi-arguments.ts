import { type AnyArgument, type CallDefinition, OUTPUTS } from "#api";

/** Every call has it. */
export const OUTPUT = {
  name: "output",
  in: "query",
  description: "Form of the answer; what the client accepts unless given.",
  schema: { type: "string", enum: OUTPUTS },
  example: "json",
} as const;

/** The arguments of a call in an address. */
export function parametersOf(call: CallDefinition) {
  const own = Object.values(call.arguments).map((argument) => ({
    name: argument.identity,
    in: "query",
    required: argument.required,
    description: argument.doc,
    schema: schemaOf(argument),
    // A list is its name several times; in one text its items could not be told apart where they hold commas.
    ...(argument.kind === "list" ? { style: "form", explode: true } : {}),
    ...exampleOf(argument),
  }));
  return [...own, OUTPUT];
}

/** The arguments of a call as JSON or a form. */
export function bodyOf(call: CallDefinition) {
  const fields = Object.values(call.arguments);
  const properties = fields.map(
    (argument) => [argument.identity, { ...schemaOf(argument), description: argument.doc }] as const,
  );
  const required = fields.filter((argument) => argument.required);
  const examples = required.map((argument) => [argument.identity, exampleOf(argument).example] as const);
  const confirm = {
    const: call.name,
    description: "The name of the call again; without it nothing is done.",
  };
  const schema = {
    type: "object",
    properties: { ...Object.fromEntries(properties), ...(call.confirm ? { confirm } : {}) },
    required: required.map(({ identity }) => identity),
    additionalProperties: false,
  };
  const example = { ...Object.fromEntries(examples), ...(call.confirm ? { confirm: call.name } : {}) };
  return {
    required: required.length > 0 || call.confirm,
    content: {
      "application/json": { schema, example },
      "application/x-www-form-urlencoded": { schema },
    },
  };
}

function exampleOf(argument: AnyArgument): { example?: unknown } {
  return argument.example === "" ? {} : { example: argument.read(argument.example) };
}

function schemaOf(argument: AnyArgument) {
  const fallback = "value" in argument.fallback && !argument.required ? argument.fallback.value : undefined;
  // Empty means not given, so it says nothing as a default.
  const known =
    fallback === undefined || fallback === "" || (Array.isArray(fallback) && fallback.length === 0);
  return { ...typeOf(argument), ...(known ? {} : { default: fallback }) };
}

function typeOf(argument: AnyArgument) {
  const fixed = typeof argument.choices === "object" ? { enum: argument.choices } : {};
  switch (argument.kind) {
    case "bool":
      return { type: "boolean" };
    case "int":
      return { type: "integer", ...rangeOf(argument) };
    case "list":
      return { type: "array", items: { type: "string", ...fixed } };
    case "url":
      return { type: "string", format: "uri" };
    default:
      return { type: "string", ...fixed };
  }
}

function rangeOf({ range = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] }: AnyArgument) {
  return { minimum: range[0], maximum: range[1] };
}
