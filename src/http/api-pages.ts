import { type ArgumentView, type CallDefinition, type CallView, commandLine, plainResult } from "#api";
import { type Html, html, NO_HTML } from "./html.ts";

type Texts = Readonly<Record<string, string>>;

/** Calls by category, each with its words and level. */
export function indexPage(calls: readonly CallView[], url: string): Html {
  const categories = [...new Set(calls.map((call) => call.category))];
  return html`<p>Every call is also a command: <code>mini-buildd api ${url} CALL</code>.
<a href="/api/openapi.json">OpenAPI</a></p>
${categories.map((category) => categoryPart(category, calls))}`;
}

function categoryPart(category: string, calls: readonly CallView[]): Html {
  const rows = calls
    .filter((call) => call.category === category)
    .map((call) => {
      const [title = ""] = call.doc.split("\n");
      return html`<tr><td><a href="/api/${call.name}?form=1">${call.name}</a></td><td>${title}</td><td>${call.level}</td></tr>`;
    });
  return html`<h2>${category}</h2>
<table><thead><tr><th>Call</th><th>What it does</th><th>Level</th></tr></thead><tbody>${rows}</tbody></table>`;
}

/** The form of a call; sent by GET, which runs it or shows the confirmation page. */
export function formPage(call: CallView, given: Texts): Html {
  const [, ...more] = call.doc.split("\n");
  return html`<p>${more.join(" ").trim()}</p>
<form method="get" action="/api/${call.name}">
<input type="hidden" name="output" value="html">
${call.arguments.map((argument) => field(argument, given[argument.name]))}
<p><button type="submit">${call.confirm ? "Show what it would do" : "Run"}</button></p>
</form>
<p>Needs level ${call.level}.</p>`;
}

function field(argument: ArgumentView, given: string | undefined): Html {
  const value = given ?? (argument.required ? "" : argument.default);
  const id = `argument-${argument.name}`;
  const mark = argument.required ? " (required)" : "";
  return html`<p><label for="${id}">${argument.name}${mark}</label><br>
${input(argument, id, value)}<br><small>${argument.doc}</small></p>`;
}

function input(argument: ArgumentView, id: string, value: string): Html {
  const required = argument.required ? { html: " required" } : NO_HTML;
  if (argument.html === "checkbox") {
    const checked = value === "True" ? { html: " checked" } : NO_HTML;
    return html`<input type="checkbox" id="${id}" name="${argument.name}" value="True"${checked}>`;
  }
  if (argument.html === "textarea")
    return html`<textarea id="${id}" name="${argument.name}" rows="8" cols="72"${required}>${value}</textarea>`;
  if (argument.html === "select") {
    const options = argument.choices.map((item) => {
      const selected = item === value ? { html: " selected" } : NO_HTML;
      return html`<option${selected}>${item}</option>`;
    });
    return html`<select id="${id}" name="${argument.name}">${options}</select>`;
  }
  const suggestions = argument.choices.map((item) => html`<option value="${item}"></option>`);
  return html`<input type="${argument.html}" id="${id}" name="${argument.name}" value="${value}" size="60" list="${id}-choices"${required}><datalist id="${id}-choices">${suggestions}</datalist>`;
}

/** What a call would do, with the button that does it. */
export function confirmPage(call: CallDefinition, given: Texts, plan: readonly string[], url: string): Html {
  const hidden = Object.entries(given).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  const steps = plan.map((step) => html`<li>${step}</li>`);
  return html`<p>This call changes something. It would:</p>
<ul>${steps.length > 0 ? steps : html`<li>Run ${call.name}.</li>`}</ul>
<form method="post" action="/api/${call.name}">
<input type="hidden" name="output" value="html"><input type="hidden" name="confirm" value="${call.name}">
${hidden}
<p><button type="submit">Do it</button> <a href="/api/${call.name}?form=1">Change</a></p>
</form>
${commandPart(call, given, url)}`;
}

export function resultPage(call: CallDefinition, given: Texts, result: unknown, url: string): Html {
  return html`<pre>${plainResult(result)}</pre>
${commandPart(call, given, url)}
<p><a href="/api/${call.name}?form=1">Form</a> <a href="/api/">All calls</a></p>`;
}

function commandPart(call: CallDefinition, given: Texts, url: string): Html {
  return html`<p>The same on a command line: <code>${commandLine(call, given, url)}</code></p>`;
}
