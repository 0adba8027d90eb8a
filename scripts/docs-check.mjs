// Looks for what readers would stumble over: links that lead nowhere, and calls or options that the program lacks.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** All pages for readers, as absolute paths. */
export function findPages(root) {
  const docs = join(root, "docs");
  const below = readdirSync(docs, { recursive: true })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(docs, name));
  return [join(root, "README.md"), join(root, "CONTRIBUTING.md"), ...below.sort()];
}

/** One line for each problem. */
export function checkPages(root, program, commands) {
  return findPages(root).flatMap((file) => {
    const text = readFileSync(file, "utf8");
    const name = relative(root, file);
    return [...deadLinks(file, text), ...wrongCalls(text, program), ...wrongCommands(text, commands)].map(
      (problem) => `${name}: ${problem}`,
    );
  });
}

function withoutCode(text) {
  return text.replace(/^(`{3,}).*?^\1/gms, "").replace(/`[^`\n]*`/g, "");
}

function deadLinks(file, text) {
  const targets = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target) && !leadsSomewhere(file, target))
    .map((target) => `dead link ${target}`);
}

function leadsSomewhere(file, target) {
  const [path, anchor] = target.split("#");
  const found = path === "" ? file : resolve(dirname(file), decodeURIComponent(path));
  if (!existsSync(found)) return false;
  return (
    anchor === undefined || !found.endsWith(".md") || anchorsOf(readFileSync(found, "utf8")).includes(anchor)
  );
}

/** Anchors as the usual viewers make them from headings. */
function anchorsOf(text) {
  return [...text.replace(/^(`{3,}).*?^\1/gms, "").matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  );
}

/** `mini-buildd api ENDPOINT CALL --option`: the call and its options must exist. */
function wrongCalls(text, { allCalls }) {
  const calls = new Map([...allCalls()].map((call) => [call.name, call]));
  const joined = text.replaceAll(/\\\n\s*/g, " ");
  const lines = [...joined.matchAll(/mini-buildd(?: api|-api) +\S+ +([a-z_]+)([^`\n|)]*)/g)];
  return lines.flatMap(([, name, rest]) => {
    const call = calls.get(name);
    if (call === undefined) return [`there is no call '${name}'`];
    const known = Object.values(call.arguments).flatMap(({ ids }) => ids);
    const used = [...rest.matchAll(/(?<=\s)--[a-z][a-z-]*/g)].map(([option]) => option);
    return used
      .filter((option) => !known.includes(option) && !COMMON.includes(option))
      .map((option) => `call '${name}' has no option ${option}`);
  });
}

/** Options of the command line itself, whatever the call. */
const COMMON = ["--json", "--yes", "--auto-confirm", "--user", "--token", "--remember", "--wait", "--help"];

/** `mini-buildd COMMAND --option`: both must exist. */
function wrongCommands(text, commands) {
  const joined = text.replaceAll(/\\\n\s*/g, " ");
  const lines = [...joined.matchAll(/(?<=[`\n$#=/ ])(mini-buildd (?!api)[a-z]+[^`\n|)]*)/g)].map(
    ([line]) => line,
  );
  return lines.flatMap((line) => {
    const fitting = commands.filter(({ path }) => `${line} `.startsWith(`${path} `));
    const command = fitting.sort((a, b) => b.path.length - a.path.length)[0];
    if (!line.includes(" --")) return [];
    if (command === undefined || command.path === "mini-buildd") return [`there is no command '${line}'`];
    const known = command.options.flatMap(({ flags }) => flags.split(/[ ,]+/));
    return [...line.matchAll(/(?<=\s)--[a-z][a-z-]*/g)]
      .map(([option]) => option)
      .filter((option) => !known.includes(option) && option !== "--help")
      .map((option) => `'${command.path}' has no option ${option}`);
  });
}
