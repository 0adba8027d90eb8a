// docs/reference/errors.md from the catalogue.
import { cell, code, page, table } from "./docs-markdown.mjs";

const CLASSES = {
  request: ["You asked for something that cannot be done", "Change the request; asking again does not help."],
  package: ["The upload or package is not right", "Change the package and upload it again."],
  later: ["Not now", "Nothing is wrong with the request; try again later, or mend what the message names."],
  builder: [
    "The machine that builds is not right",
    "The administrator has something to mend; the package may be fine.",
  ],
  internal: [
    "mini-buildd itself failed",
    "The daemon's log has the details, under the id that the message names.",
  ],
};

export function errorsPage({ ERROR_CATALOGUE }) {
  const entries = Object.entries(ERROR_CATALOGUE);
  const unknown = entries.find(([, { kind }]) => CLASSES[kind] === undefined);
  if (unknown !== undefined) throw new Error(`error class '${unknown[1].kind}' is not described`);
  const sections = Object.entries(CLASSES).map(([kind, [title, what]]) => {
    const rows = entries
      .filter(([, definition]) => definition.kind === kind)
      .map(([name, { status, message, hint = "" }]) => [code(name), status, cell(message), cell(hint)]);
    const body = rows.length === 0 ? "" : table(["code", "HTTP", "message", "what to do"], rows);
    return `## ${title}\n\nClass ${code(kind)}. ${what}\n\n${body}`;
  });
  return page(
    "Errors",
    "Every error has a code that stays the same, a sentence that says what is wrong, and mostly a hint at what to do. HTTP answers carry them as `application/problem+json` (RFC 9457: `title`, `status`, `detail`, `code`, `hint`, `request`); the command line prints the sentence and the hint. Words in braces are filled in.",
    ...sections,
  );
}
