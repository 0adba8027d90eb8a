// Commands as plain data, from the program's own command line (commander), and docs/reference/command-line.md.
import { cell, code, fence, page, table } from "./docs-markdown.mjs";

/** All commands below `root`, itself first, each with what its help says. */
export function commandViews(root) {
  return [viewOf(root, root.name()), ...below(root, root.name())];
}

function below(command, path) {
  return shown(command).flatMap((child) => {
    const childPath = `${path} ${child.name()}`;
    return [viewOf(child, childPath), ...below(child, childPath)];
  });
}

function shown(command) {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== "help");
}

function viewOf(command, path) {
  const help = command.createHelp();
  return {
    path,
    usage: help.commandUsage(command),
    text: sentence(help.commandDescription(command)),
    commands: shown(command).map((child) => ({
      name: child.name(),
      text: sentence(help.subcommandDescription(child)),
    })),
    arguments: help
      .visibleArguments(command)
      .map((each) => ({ name: help.argumentTerm(each), text: sentence(help.argumentDescription(each)) })),
    options: help
      .visibleOptions(command)
      .filter((option) => option.long !== "--help")
      .map((option) => ({
        flags: option.flags,
        text: sentence([option.description, option.mandatory ? "required" : ""].filter(Boolean).join(", ")),
        fallback: fallbackOf(option),
      })),
  };
}

/** Help texts begin small and end without a full stop; here they are sentences. */
function sentence(text) {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return begun === "" || /[.!?:]$/.test(begun) ? begun : `${begun}.`;
}

function fallbackOf({ defaultValue, defaultValueDescription, negate }) {
  if (defaultValueDescription !== undefined) return defaultValueDescription;
  return defaultValue === undefined || typeof defaultValue === "boolean" || negate
    ? ""
    : String(defaultValue);
}

export function commandLinePage({ EXIT, SUBMIT_EXIT }, commands) {
  return page(
    "Command line",
    "Data goes to standard output, all else to standard error. Colours are left out where `NO_COLOR` is set or there is no terminal. Every command has `--help`.",
    table(
      ["command", "what it does"],
      commands.slice(1).map(({ path, text }) => [`[${code(path)}](#${anchor(path)})`, cell(firstLine(text))]),
    ),
    ...commands.slice(1).map(section),
    "## Endpoints",
    ENDPOINTS,
    "## Environment",
    table(
      ["variable", "meaning"],
      ENVIRONMENT.map(([name, text]) => [code(name), text]),
    ),
    "## Exit codes",
    exitTable(EXIT),
    "Of `mini-buildd submit`:",
    exitTable(SUBMIT_EXIT),
  );
}

export const ENDPOINTS =
  "An ENDPOINT names an instance: `local` is the one on this machine, over its control socket (as root or as the service user; whoever may open the socket is the administrator). Otherwise an address such as `http://buildd.example.org:8066`, or `HOST[:PORT]`.";

export const ENVIRONMENT = [
  ["MINI_BUILDD_HOME", "home of the instance on this machine, instead of `/var/lib/mini-buildd`"],
  [
    "MINI_BUILDD_DATABASE",
    "database of `mini-buildd serve`, instead of `--database`, which everybody can read in the process list",
  ],
  ["MINI_BUILDD_SMTP", "way of mails of `mini-buildd serve`, instead of `--smtp`, for the same reason"],
  ["MINI_BUILDD_URL", "public address of `mini-buildd serve`, instead of `--url`"],
  [
    "MINI_BUILDD_TRUSTED_PROXY",
    "addresses and networks of trusted reverse proxies, separated by blanks or commas, instead of `--trusted-proxy`",
  ],
  ["MINI_BUILDD_TOKEN", "token for endpoints other than `local`"],
  ["MINI_BUILDD_PASSWORD", "password for `--user`"],
  ["NO_COLOR", "no colours"],
];

export const EXIT_WORDS = {
  done: "done",
  accepted: "accepted",
  failed: "the call failed",
  rejected: "rejected",
  usage: "wrong usage",
  error: "an error",
  forbidden: "no permission",
  unreachable: "the instance cannot be reached",
  resultFailed: "the call went through, but its result says failed (`--wait`, `--fail-on`)",
};

export function exitRows(codes) {
  return Object.entries(codes).map(([name, number]) => {
    if (EXIT_WORDS[name] === undefined) throw new Error(`the exit code '${name}' is not described`);
    return [number, EXIT_WORDS[name]];
  });
}

function exitTable(codes) {
  return table(["code", "meaning"], exitRows(codes));
}

export function firstLine(text) {
  return text.split("\n", 1)[0] ?? "";
}

function anchor(path) {
  return path.replaceAll(" ", "-");
}

function section({ path, usage, text, arguments: values, options, commands }) {
  const rows = (all) => all.map(({ name, text: words }) => [code(name), cell(words)]);
  return [
    `## ${path}`,
    text,
    fence(usage),
    ...(commands.length > 0 ? [table(["command", "what it does"], rows(commands))] : []),
    ...(values.length > 0 ? [table(["argument", "meaning"], rows(values))] : []),
    ...(options.length > 0
      ? [
          table(
            ["option", "default", "meaning"],
            options.map(({ flags, fallback, text: words }) => [code(flags), code(fallback), cell(words)]),
          ),
        ]
      : []),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}
