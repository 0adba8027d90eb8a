// The pages of docs/man: the program, and a page of its own for each command that has much to tell.
import { ENVIRONMENT, exitRows, firstLine } from "./docs-commands.mjs";
import { callSections } from "./docs-man-calls.mjs";
import { heading, item, manPage, paragraph, paragraphs, section, seeAlso, synopsis } from "./docs-roff.mjs";

/** Commands with a page of their own; what else their page says of them. */
const PAGES = {
  api: {
    text: "The instance decides what may be done and asks for a confirmation of what changes something: without --yes its plan is shown, and a yes asked for. Data goes to standard output, all else to standard error.",
    see: ["mini-buildd-events"],
  },
  events: {
    text: "After a lost connection the stream goes on behind the last event seen, without gaps or repeats.",
    see: ["mini-buildd-api"],
  },
  dput: {
    text: "All files are compared with what their .changes says before anything is sent. What was sent is noted in a file CHANGES.TARGET.upload beside the .changes, as dput does it, and refused a second time. Methods are ftp, http and https.",
    see: ["mini-buildd-events", ["dput", 1], ["dput.cf", 5]],
  },
  archive: {
    text: "With a running daemon it does the work, told over its control socket; without one the command works on the home itself, holding its lock.",
    see: [["apt-ftparchive", 1]],
  },
  "bootstrap-apt": {
    text: "The fingerprint of the instance's key is shown and must be agreed to; ask its administrator for it by another way than the one that the key came. What is written is bound to that key, holds distributions for this machine's base distribution and architectures only, and sets nothing else. Nothing that is there is replaced without a question.",
    see: ["mini-buildd-api", ["sources.list", 5], ["apt-secure", 8]],
  },
};

const nameOf = (command) => `mini-buildd-${command}`;

/** Texts of all pages by file name. */
export async function manPages(program, commands, version, date) {
  const all = commands.slice(1);
  const pages = { "mini-buildd.1": mainPage(program, all, { version, date }) };
  for (const [command, more] of Object.entries(PAGES)) {
    const path = `mini-buildd ${command}`;
    const [first, ...below] = all.filter((each) => each.path === path || each.path.startsWith(`${path} `));
    if (first === undefined) throw new Error(`there is no command '${path}' any more`);
    const calls = command === "api" ? await callSections(program) : [];
    pages[`${nameOf(command)}.1`] = commandPage(program, first, below, calls, { ...more, version, date });
  }
  return pages;
}

function mainPage({ EXIT, SUBMIT_EXIT, homeAt }, all, { version, date }) {
  const top = all.filter(({ path }) => path.split(" ").length === 2);
  const described = all.filter(({ path }) => PAGES[path.split(" ")[1]] === undefined);
  const what = "build daemon and APT repository for Debian";
  return manPage({ name: "mini-buildd", what, version, date }, [
    heading("SYNOPSIS"),
    top.map(({ usage }) => synopsis(usage)).join("\n.br\n"),
    heading("DESCRIPTION"),
    paragraph(
      "mini-buildd takes Debian source packages, builds them in clean chroots, and publishes them in signed APT repositories. The command serve is the daemon; the others speak to a daemon, or to the home of one that does not run.",
    ),
    ".PP",
    ENDPOINT,
    heading("COMMANDS"),
    ...Object.keys(PAGES).map((command) =>
      item(command, `${summaryOf(all, command)} See ${nameOf(command)}(1).`),
    ),
    ...described.map(commandSection),
    heading("EXIT STATUS"),
    ...exitRows(EXIT).map(([code, words]) => item(String(code), words)),
    ".PP",
    "Of submit:",
    ...exitRows(SUBMIT_EXIT).map(([code, words]) => item(String(code), words)),
    ...environment(),
    heading("FILES"),
    ...FILES(homeAt("/var/lib/mini-buildd")).map(([path, words]) => item(path, words)),
    ...seeAlso([
      ...Object.keys(PAGES).map((command) => [nameOf(command), 1]),
      ["dput", 1],
      ["sbuild", 1],
      ["mmdebstrap", 1],
      ["sources.list", 5],
      ["apt_preferences", 5],
    ]),
  ]);
}

function commandPage({ EXIT }, first, below, calls, { text, see, version, date }) {
  const [, command] = first.path.split(" ");
  const what = firstLine(first.text).replace(/\.$/, "");
  const lowered = /^[A-Z]{2}/.test(what) ? what : what.charAt(0).toLowerCase() + what.slice(1);
  const usages = below.length === 0 ? [first] : below.filter(({ commands }) => commands.length === 0);
  const words = { name: nameOf(command), what: lowered, version, date };
  const isLocal = command === "archive";
  return manPage(words, [
    heading("SYNOPSIS"),
    usages.map(({ usage }) => synopsis(usage)).join("\n.br\n"),
    heading("DESCRIPTION"),
    paragraph(text),
    ...(isLocal ? [] : [".PP", ENDPOINT]),
    ...(below.length === 0
      ? [heading("OPTIONS"), ...details(first)]
      : [heading("COMMANDS"), ...below.map(commandSection)]),
    ...(calls.length === 0 ? [] : [heading("CALLS"), ...calls]),
    heading("EXIT STATUS"),
    ...exitRows(EXIT).map(([code, meaning]) => item(String(code), meaning)),
    ...environment(),
    ...seeAlso([["mini-buildd", 1], ...see.map((each) => (typeof each === "string" ? [each, 1] : each))]),
  ]);
}

const ENDPOINT = paragraph(
  "An ENDPOINT names an instance: local is the one on this machine, over its control socket; otherwise an address such as http://buildd.example.org:8066, or HOST[:PORT].",
);

function environment() {
  return [heading("ENVIRONMENT"), ...ENVIRONMENT.map(([name, words]) => item(name, words))];
}

function summaryOf(all, command) {
  return firstLine(all.find(({ path }) => path === `mini-buildd ${command}`)?.text ?? "");
}

const FILES = (home) => [
  [home.root, "home of the instance: everything it knows"],
  [home.database, "its database, unless PostgreSQL is used"],
  [home.repositories, "what apt sees"],
  [home.builds, "kept logs and results of builds"],
  [`${home.run}/control.sock`, "the socket of the endpoint local"],
  ["~/.config/mini-buildd/credentials.json", "credentials kept for endpoints"],
];

function commandSection(view) {
  const { path, usage, text } = view;
  const more = text.split("\n").slice(1).join("\n").trim();
  return [
    section(path.replace(/^mini-buildd /, "")),
    synopsis(usage),
    ".PP",
    paragraph(firstLine(text)),
    ...(more === "" ? [] : [".PP", paragraphs(more)]),
    ...details(view),
  ].join("\n");
}

function details({ arguments: values, options }) {
  return [
    ...values.filter((each) => each.text !== "").map((each) => item(each.name, each.text)),
    ...options.map(({ flags, text, fallback }) =>
      item(flags, `${text}${fallback === "" ? "" : ` (default: ${fallback})`}`),
    ),
  ];
}
