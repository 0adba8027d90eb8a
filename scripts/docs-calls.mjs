// docs/reference/calls.md from the registry of calls.
import { cell, code, fence, page, table } from "./docs-markdown.mjs";

const CATEGORIES = ["Consumer", "Developer", "Administrator"];

export async function callsPage({ allCalls, describeCall, commandLine, z }) {
  const calls = [...allCalls()];
  const views = await Promise.all(calls.map((call) => describeCall(call)));
  const rows = views.map((view) => [
    `[${code(view.name)}](#${view.name})`,
    view.level,
    view.category,
    flagsOf(view),
    cell(titleOf(view)),
  ]);
  const sections = CATEGORIES.flatMap((category) =>
    calls
      .map((call, index) => ({ call, view: views[index] }))
      .filter(({ view }) => view.category === category)
      .map(({ call, view }) => section(view, commandLine(call, {}, "ENDPOINT"), z.toJSONSchema(call.result))),
  );
  return page(
    "Calls",
    INTRODUCTION,
    table(["call", "level", "category", "flags", "what it does"], rows),
    ...sections,
  );
}

const INTRODUCTION = `A call is one function of the API. The same call is a web page (\`/api/CALL\`), an HTTP request and a command:

\`\`\`
mini-buildd api ENDPOINT CALL [arguments]
\`\`\`

| flag | meaning |
| --- | --- |
| C | changes something: it must be confirmed. By HTTP: \`POST /api/CALL\` with \`confirm=CALL\`. Command line: answer the question, or \`--yes\` |
| R | needs the running engine |
| M | configuration work |

**Command line.** \`--help\` behind a call shows its arguments with the defaults and choices of the instance. Calls that start packagings (\`port\`, \`port_ext\`, \`retry\`, \`keyring_packages\`) take \`--wait\`. See [use it from scripts](../howto/use-from-scripts.md) for exit codes.

**HTTP.** Calls without C: \`GET /api/CALL?argument=value&output=json\`; \`output\` is \`html\`, \`plain\` or \`json\`, and without it the \`Accept\` header decides (a client that says nothing gets plain text). Calls with C: \`POST\`, the arguments as JSON or as a form; a \`GET\` shows the form or the confirmation page and changes nothing. Who asks is told by \`Authorization: Bearer TOKEN\` or by HTTP Basic. \`/api/openapi.json\` describes all of it for programs. \`GET /mini_buildd/api/?call=CALL&…\` answers calls without C as well.

**Levels.** NONE: anybody. LOGIN, STAFF, ADMIN: a user or token of at least that level. An empty text, an empty list and \`false\` count as not given.`;

function titleOf({ doc }) {
  return doc.split("\n", 1)[0] ?? "";
}

function flagsOf({ confirm, needs_running: running, maintenance }) {
  return [confirm ? "C" : "", running ? "R" : "", maintenance ? "M" : ""]
    .filter((flag) => flag !== "")
    .join(" ");
}

function section(view, command, schema) {
  const more = view.doc.split("\n").slice(1).join("\n").trim();
  const parts = [
    `## ${view.name}`,
    `${titleOf(view)}. Level ${view.level}${flagsOf(view) === "" ? "" : `, flags ${flagsOf(view)}`}.`,
    ...(more === "" ? [] : [more]),
    fence(command),
  ];
  if (view.arguments.length > 0) parts.push(argumentTable(view.arguments));
  parts.push(`**Result.** ${resultOf(schema)}`);
  return parts.join("\n\n");
}

function argumentTable(all) {
  const rows = all.map((argument) => [
    argument.ids.map(code).join(", "),
    argument.needs_value ? code(argument.header) : "(switch)",
    argument.required ? "required" : code(argument.default),
    cell(argument.doc + choicesOf(argument)),
  ]);
  return table(["argument", "value", "default", "meaning"], rows);
}

function choicesOf({ kind, choices }) {
  return kind === "bool" || choices.length === 0 ? "" : ` One of: ${choices.join(", ")}.`;
}

function resultOf(schema) {
  if (schema.type === "string") return "Text.";
  const fields = fieldsOf(schema, "");
  return fields.length === 0 ? "JSON." : `JSON:\n\n${fields.join("\n")}`;
}

/** A list entry for each field, those of inner objects below it. */
function fieldsOf(schema, indent) {
  if (schema.anyOf !== undefined && schema.properties === undefined)
    return schema.anyOf.flatMap((each) => [
      `${indent}- ${each.type === "string" ? "either text" : "or an object"}`,
      ...fieldsOf(each, `${indent}  `),
    ]);
  if (schema.type === "array") return fieldsOf(schema.items ?? {}, indent);
  if (schema.properties === undefined) {
    const inner = schema.additionalProperties;
    if (typeof inner !== "object") return [];
    return [`${indent}- _(${lower(schema.description ?? "by name")})_`, ...fieldsOf(inner, `${indent}  `)];
  }
  return Object.entries(schema.properties).flatMap(([name, field]) => {
    const optional = (schema.required ?? []).includes(name) ? "" : ", may be absent";
    const text = field.description === undefined ? "" : `: ${field.description}`;
    return [`${indent}- \`${name}\` (${typeOf(field)}${optional})${text}`, ...fieldsOf(field, `${indent}  `)];
  });
}

function lower(text) {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function typeOf(schema) {
  if (schema.enum !== undefined) return schema.enum.join(", ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  return schema.type ?? "any";
}
