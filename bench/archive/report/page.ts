import type { Limit } from "../limit.ts";
import type { Figure } from "../measure/figures.ts";
import type { Results } from "./results.ts";
import { count, megabytes, targets, time } from "./targets.ts";

/** The page docs/reference/benchmarks.md. */
export function renderReport(results: Results): string {
  return [
    ...head(results),
    ...targetTable(results),
    ...figureTable(results.figures),
    ...limitPart(results.limits, results.figures),
    ...metadataPart(results),
    ...setup(results),
  ].join("\n");
}

function head({ machine }: Results): string[] {
  return [
    "# Benchmarks of the archive",
    "",
    "Written by `npm run bench:archive`, which makes the packages, drives this program and its peers by the commands an",
    "administrator types, and proves after each step that the change is visible. Times depend on the machine, so the",
    "ratios count. What counts is the median of the runs; our times include the start of the process.",
    "",
    `Measured ${machine.date} on ${machine.system}: ${machine.cores} cores (${machine.processor}), ` +
      `${megabytes(machine.memoryBytes)} memory, ${machine.fileSystem}; Node.js ${machine.node}, GnuPG ${machine.gnupg}.`,
    "",
  ];
}

function targetTable({ figures }: Results): string[] {
  const rows = targets(figures).map((target) => [
    ...[target.measure, target.packages, target.ours, target.peers, target.ratio, target.wanted],
    target.reached ? "reached" : "**not reached**",
  ]);
  const titles = ["measure", "packages", "mini-buildd", "peers", "ratio", "wanted", ""];
  return [
    "## Targets",
    "",
    ...table(titles, rows),
    "",
    "Ours is the figure with the daemon running; imports are without. Memory is the most that all processes of a",
    "command, and the daemon, had resident at the same time.",
    "",
  ];
}

function figureTable(figures: readonly Figure[]): string[] {
  const rows = figures.map(({ kind, packages, peer, mode, indexSet, time: spread, peakBytes }) => [
    ...[NAMES[kind], count(packages), peer, mode === "command" ? "" : mode, indexSet],
    ...[spread.min, spread.median, spread.max].map(time),
    String(spread.runs),
    peakBytes === undefined || peakBytes === 0 ? "" : megabytes(peakBytes),
  ]);
  const titles = ["measure", "packages", "program", "", "indices", "min", "median", "max", "runs", "memory"];
  return ["## All figures", "", ...table(titles, rows), ""];
}

const NAMES: Readonly<Record<Figure["kind"], string>> = {
  import: "import",
  publish: "publish one",
  copy: "copy one",
  snapshot: "snapshot",
  floor: "start of the program",
};

function limitPart(limits: readonly Limit[], figures: readonly Figure[]): string[] {
  if (limits.length === 0) return [];
  const rows = limits.map(({ packages, hashedBytes, writtenBytes, time: spread }) => {
    const published = figures.filter(
      (figure) => figure.peer === "mini-buildd" && figure.kind === "publish" && figure.packages === packages,
    );
    const starts = figures.filter(
      (figure) => figure.peer === "mini-buildd" && figure.kind === "floor" && figure.packages === packages,
    );
    return [
      count(packages),
      `${megabytes(hashedBytes)} hashed, ${megabytes(writtenBytes)} written`,
      time(spread.median),
      starts.map((figure) => time(figure.time.median)).join(", "),
      published.map((figure) => `${figure.mode} ${time(figure.time.median)}`).join(", "),
    ];
  });
  return [
    "## How far from what is possible",
    "",
    "Hashing, writing and syncing the bytes of the indices that change with one package, without compressing or looking",
    "up anything; and the shortest command of the program, which is the start of its process.",
    "",
    ...table(["packages", "bytes", "that alone", "process start", "publish one"], rows),
    "",
  ];
}

function metadataPart({ metadata }: Results): string[] {
  if (metadata === undefined) return [];
  const rows = metadata.publish.map(({ mode, time: spread, peakBytes }) => [
    mode,
    ...[spread.min, spread.median, spread.max].map(time),
    String(spread.runs),
    megabytes(peakBytes),
  ]);
  return [
    "## Real metadata",
    "",
    `The ${count(metadata.stanzas)} package stanzas of the Debian release the machine runs (${megabytes(metadata.textBytes)}),`,
    "registered without payload: the files are empty, and Contents has two paths for each package. Left out are reading",
    "the files and, of the indices, Sources and the real Contents. The first publish of all of it took",
    `${time(metadata.firstPublishMs)}; adding one package with payload then:`,
    "",
    ...table(["", "min", "median", "max", "runs", "memory"], rows),
    "",
  ];
}

function setup({ programs }: Results): string[] {
  const parts = programs.flatMap(({ name, version, configuration, indexSets }) => [
    `**${name} ${version}**`,
    "",
    ...configuration.map((line) => `- ${line}`),
    ...indexSets.map((set) => `- indices \`${set.name}\`: ${set.words}`),
    "",
  ]);
  return [
    "## Set-up",
    "",
    "Packages are made by the benchmark and are the same in each run: control fields and paths as real ones (stanzas of",
    "some 700 bytes, 3 to 20 files, four of nine for all architectures), but files of some bytes only, since the measure",
    "is of the archive and not of copying. Members are xz, as in Debian's archive. All programs sign with an Ed25519 key",
    "by gpg. Imports above 5,000 packages are run once, smaller ones three times.",
    "",
    ...parts,
  ];
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(titles), line(titles.map(() => "---")), ...rows.map(line)];
}
