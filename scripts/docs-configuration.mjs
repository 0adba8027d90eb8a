// docs/reference/configuration.md: options of the daemon, and the limits it keeps.
import { cell, code, page, table } from "./docs-markdown.mjs";

export function configurationPage({ INCOMING_LIMITS, BUILD_LIMITS, BUILD_LIMIT_NAMES, homeAt }, commands) {
  const serve = commands.find((command) => command.path === "mini-buildd serve");
  if (serve === undefined) throw new Error("the command line has no command 'serve'");
  const options = serve.options.map(({ flags, fallback, text }) => [code(flags), code(fallback), cell(text)]);
  const places = Object.entries(homeAt("HOME")).filter(([name]) => name !== "root");
  return page(
    "Configuration",
    INTRODUCTION,
    "## Options of `mini-buildd serve`",
    table(["option", "default", "meaning"], options),
    "## Limits of what is received",
    limits(INCOMING_LIMITS, INCOMING_WORDS),
    "## Limits of a build",
    BUILD_INTRODUCTION,
    buildLimits(BUILD_LIMITS, BUILD_LIMIT_NAMES),
    "## Places in the home",
    `What lies in each is told in [the home directory](home-directory.md).\n\n${table(
      ["place", "path"],
      places.map(([name, path]) => [name, code(path)]),
    )}`,
  );
}

const INTRODUCTION = `There is no configuration file. What the daemon must know before it opens its database are options of \`mini-buildd serve\`; all else is in the database and is made by call [\`setup\`](calls.md#setup). Limits of what is received are part of the program; those of builds can be set.`;

const BUILD_INTRODUCTION = `Each is set by an option \`--build-limit NAME=VALUE\`. Times have a unit out of \`s\`, \`min\`, \`h\`; sizes out of \`KiB\`, \`MiB\`, \`GiB\`. How many builds run at once is for \`--slots\`. For foreign architectures, which are emulated, times of builds are four times as long. The two limits of waiting count time in which the engine runs: what a daemon that was away, or an engine that was stopped, could not do is held against nobody.`;

const INCOMING_WORDS = {
  fileBytes: "one file",
  sessionBytes: "files of one session that no upload has taken yet",
  addressBytes: "files from one address that are in no accepted upload",
  totalBytes: "the same of all addresses",
  addressFiles: "number of such files from one address",
  totalFiles: "number of such files of all addresses",
  sessionFiles: "files of one session",
  changesBytes: "a `.changes`",
  pendingChanges: "`.changes` of one session that still wait for files",
  sessionsPerAddress: "sessions of one address",
  sessions: "sessions in all",
  freeDiskBytes: "uploads are refused when less disk space than this is free",
  idleSeconds: "without a byte, a connection ends after",
  totalSeconds: "one file, or one FTP connection, takes at most",
  httpSessionSeconds: "an HTTP session ends this long after its last file",
  unusedSeconds: "files that no upload took are deleted after",
  rejectedSeconds: "files of rejected uploads are deleted after",
};

const BUILD_WORDS = {
  totalSeconds: "the whole build",
  stalledMinutes: "without output of the package's build",
  logBytes: "the log",
  fileBytes: "one file that the build writes",
  diskFreeBytes:
    "the largest build is ended when less disk space than this is free, or room for less than one file in fifty",
  tasks: "processes and threads; at most its part of half of those that the machine can have",
  memoryBytes: "memory; more ends the build",
  cpus: "processors of each (`parallel=`, unless the package's options say otherwise); unless this is given, a build that begins while others leave processors idle gets its share of those",
  depWaitSeconds: "how long a build waits for build dependencies that are on their way; 0: not at all",
  optionalWaitSeconds: "how long a good packaging waits for builds of optional architectures",
};

/** Of those that are no part of a build's description. */
const OTHER_DEFAULTS = {
  memoryBytes:
    "its part of 80 % of the machine's ([how much](../explanation/builds.md#limits)), at least 1 GiB",
  depWaitSeconds: "6 h",
  optionalWaitSeconds: "4 h",
};

function buildLimits(defaults, names) {
  const rows = Object.entries(names).map(([name, { field }]) => {
    if (BUILD_WORDS[field] === undefined) throw new Error(`the limit '${field}' is not described`);
    return [code(name), OTHER_DEFAULTS[field] ?? readable(field, defaults[field]), BUILD_WORDS[field]];
  });
  return table(["name", "default", "limit"], rows);
}

function limits(values, words) {
  const rows = Object.entries(values).map(([name, value]) => {
    if (words[name] === undefined) throw new Error(`the limit '${name}' is not described`);
    return [words[name], readable(name, value)];
  });
  return table(["limit", "value"], rows);
}

const UNITS = [
  [
    /Bytes$/,
    [
      [1024 ** 3, "GiB"],
      [1024 ** 2, "MiB"],
      [1, "bytes"],
    ],
  ],
  [
    /Seconds$/,
    [
      [3600, "h"],
      [60, "min"],
      [1, "s"],
    ],
  ],
  [/Minutes$/, [[1, "min"]]],
];

function readable(name, value) {
  const units = UNITS.find(([suffix]) => suffix.test(name))?.[1] ?? [[1, ""]];
  const [size, unit] = units.find(([size]) => value % size === 0 && value >= size) ?? [1, ""];
  return `${value / size} ${unit}`.trim();
}
