import type { Machine } from "../archive/machine.ts";
import { spreadOf } from "../archive/measure/statistics.ts";
import type { Options } from "./options.ts";
import type { OurTimes } from "./ours.ts";

/** All runs of one package. */
export interface Figure {
  readonly source: string;
  readonly version: string;
  readonly plain: { readonly sbuildMs: number; readonly includeMs: number }[];
  readonly ours: OurTimes[];
}

/** Of the time by hand, at most; and milliseconds that are not sbuild, fewer than. */
const TARGET = { ratio: 0.8, otherMs: 1000 } as const;

/** The page docs/reference/benchmarks-build.md. */
export function renderReport(machine: Machine, { runs }: Options, figures: readonly Figure[]): string {
  return `# Benchmarks of builds

Written by \`npm run bench:build\`: source packages of Debian, with a changelog entry on top, are built and published in
two ways, one after the other, ${runs === 1 ? "once" : `${runs} times`}, on the same machine.

- **By hand**: plain \`sbuild\` in a chroot as mmdebstrap(1) makes one for it, with lintian
  on, as it does it by itself, then \`reprepro include\` of what was built and \`includedsc\`.
- **mini-buildd**: from before the first byte of the upload, by FTP, until apt can install what was built.

Measured ${machine.date} on ${machine.system}: ${machine.cores} cores (${machine.processor}), ${gibibytes(machine.memoryBytes)} GiB of memory, ${machine.fileSystem}, Node.js ${machine.node}.
Seconds, medians of ${runs === 1 ? "one run" : `${runs} runs`} (lowest and highest behind).

| package | sbuild by hand | reprepro | together | mini-buildd | of that sbuild and lintian | not sbuild | of the time by hand |
| --- | --- | --- | --- | --- | --- | --- | --- |
${figures.map(row).join("\n")}

${figures.flatMap(targets).join("\n")}
`;
}

function row({ source, version, plain, ours }: Figure): string {
  const cells = [
    `${source} ${version}`,
    spread(plain.map(({ sbuildMs }) => sbuildMs)),
    spread(plain.map(({ includeMs }) => includeMs)),
    spread(plain.map(({ sbuildMs, includeMs }) => sbuildMs + includeMs)),
    spread(ours.map(({ totalMs }) => totalMs)),
    spread(ours.map(({ sbuildMs }) => sbuildMs)),
    spread(ours.map(({ totalMs, sbuildMs }) => totalMs - sbuildMs)),
    ratioOf({ plain, ours }).toFixed(2),
  ];
  return `| ${cells.join(" | ")} |`;
}

function targets(figure: Figure): string[] {
  const ratio = ratioOf(figure);
  const other = spreadOf(figure.ours.map(({ totalMs, sbuildMs }) => totalMs - sbuildMs)).median;
  const reached = (isReached: boolean) => (isReached ? "reached" : "**not reached**");
  return [
    `- ${figure.source}: ${TARGET.ratio} of the time by hand or less: ${ratio.toFixed(2)}, ${reached(ratio <= TARGET.ratio)}.`,
    `- ${figure.source}: less than ${TARGET.otherMs / 1000} s beside sbuild: ${(other / 1000).toFixed(2)} s, ${reached(other < TARGET.otherMs)}.`,
  ];
}

function ratioOf({ plain, ours }: Pick<Figure, "plain" | "ours">): number {
  const byHand = spreadOf(plain.map(({ sbuildMs, includeMs }) => sbuildMs + includeMs)).median;
  return spreadOf(ours.map(({ totalMs }) => totalMs)).median / byHand;
}

function spread(values: readonly number[]): string {
  const { min, median, max, runs } = spreadOf(values);
  const text = (ms: number) => (ms / 1000).toFixed(2);
  return runs === 1 ? text(median) : `${text(median)} (${text(min)}–${text(max)})`;
}

function gibibytes(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(0);
}
