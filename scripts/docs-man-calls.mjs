// The calls, as mini-buildd-api(1) tells of them.
import { item, paragraph, paragraphs, section, synopsis } from "./docs-roff.mjs";

const FLAGS = [
  ["confirm", "must be confirmed"],
  ["needs_running", "needs the running engine"],
  ["maintenance", "configuration work"],
];

/** A section for each call: how it is written, who may, its arguments. */
export async function callSections({ allCalls, describeCall }) {
  const views = await Promise.all([...allCalls()].map((call) => describeCall(call)));
  return views.map((view) => {
    const [title = "", ...more] = view.doc.split("\n");
    const rest = more.join("\n").trim();
    return [
      section(view.name),
      synopsis(usageOf(view)),
      ".PP",
      paragraph(`${title}. ${levelOf(view)}.`),
      ...(rest === "" ? [] : [".PP", paragraphs(rest)]),
      ...view.arguments.map(argument),
    ].join("\n");
  });
}

function usageOf({ name, arguments: all }) {
  const options = all.some(({ positional }) => !positional) ? " [options]" : "";
  const positional = all.filter((each) => each.positional).map(({ name: word }) => ` <${word}>`);
  return `mini-buildd api ENDPOINT ${name}${options}${positional.join("")}`;
}

function levelOf(view) {
  const who = view.level === "NONE" ? "Anybody may" : `For level ${view.level}`;
  const flags = FLAGS.filter(([flag]) => view[flag]).map(([, words]) => words);
  return [who, ...flags].join("; ");
}

function argument({
  ids,
  header,
  needs_value: needsValue,
  default: fallback,
  doc,
  kind,
  choices,
  positional,
}) {
  const value = !positional && needsValue ? ` ${header}` : "";
  const notes = [
    kind !== "bool" && choices.length > 0 ? `one of: ${choices.join(", ")}` : "",
    needsValue && fallback !== "" ? `default: ${fallback}` : "",
  ].filter((note) => note !== "");
  return item(`${ids.join(", ")}${value}`, `${doc}${notes.length === 0 ? "" : ` (${notes.join("; ")})`}`);
}
