// Writes the part of the documentation that the program itself knows best. With --check it writes nothing, but fails
// when a page is not up to date, a link leads nowhere, or a page names a call or option that does not exist.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { blocksPage } from "./docs-blocks.mjs";
import { callsPage } from "./docs-calls.mjs";
import { checkPages } from "./docs-check.mjs";
import { commandLinePage, commandViews } from "./docs-commands.mjs";
import { configurationPage } from "./docs-configuration.mjs";
import { errorsPage } from "./docs-errors.mjs";
import { eventsPage } from "./docs-events.mjs";
import { layoutsPage } from "./docs-layouts.mjs";
import { loadCommandLine, loadProgram } from "./docs-load.mjs";
import { manPages } from "./docs-man.mjs";
import { settingsPage } from "./docs-settings.mjs";

/** Day of the version in package.json. */
const RELEASED = "2026-11-28";

const root = new URL("..", import.meta.url).pathname;
const [option] = process.argv.slice(2);
if (option !== undefined && option !== "--check") {
  console.error("Usage: node scripts/docs.mjs [--check]");
  process.exit(2);
}

const program = await loadProgram(root);
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const commands = commandViews(await loadCommandLine(program, version));

const pages = {
  "docs/reference/errors.md": errorsPage(program),
  "docs/reference/events.md": eventsPage(program),
  "docs/reference/calls.md": await callsPage(program),
  "docs/reference/layouts.md": layoutsPage(program),
  "docs/reference/settings.md": settingsPage(program),
  "docs/reference/blocks.md": blocksPage(program),
  "docs/reference/command-line.md": commandLinePage(program, commands),
  "docs/reference/configuration.md": configurationPage(program, commands),
};
// Of the day of the program's version, so that the same sources make the same pages.
const manuals = await manPages(program, commands, version, RELEASED);
for (const [name, text] of Object.entries(manuals)) pages[`docs/man/${name}`] = text;

const problems = [];
for (const [name, text] of Object.entries(pages)) {
  const path = join(root, name);
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  if (option === "--check") {
    problems.push(`${name} is not up to date; run: npm run docs`);
    continue;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.log(`wrote ${name}`);
}
if (option === "--check") problems.push(...checkPages(root, program, commands));
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
