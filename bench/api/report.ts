import type { Machine } from "../archive/machine.ts";
import type { Options } from "./options.ts";
import type { Figure, Measured } from "./series.ts";

/** `status` must be answered within this, in the median, at 500 requests a second. */
const TARGET = { request: "status", medianMs: 5, rate: 500 } as const;

/** The page docs/reference/benchmarks-api.md. */
export function renderReport(machine: Machine, options: Options, figures: readonly Figure[]): string {
  const { rate, seconds, packages } = options;
  const rows = figures.flatMap((figure) => [
    row(figure.request, `${figure.bytes}`, "mini-buildd", figure.ours, ratioOf(figure)),
    row("", "", "bare server", figure.floor, ""),
  ]);
  return `# Benchmarks of the API

Written by \`npm run bench:api\`: a real daemon with ${packages.toLocaleString("en-US")} packages on SQLite answers ${rate} requests a second
for ${seconds} seconds, over connections on loopback that are kept open. The load comes from a process of its own, at a fixed
rate, and the time of a request counts from when it was due, so that waiting behind a slow answer counts too. The bare
server sends the same bytes by \`node:http\` and does nothing else: what is possible on the machine. Milliseconds; CPU
is the part of one processor that the server used.

Measured ${machine.date} on ${machine.system}: ${machine.cores} cores (${machine.processor}), Node.js ${machine.node}.

| request | bytes | | min | median | p95 | p99 | max | errors | answers/s | CPU | median, of the bare server's |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join("\n")}

${targetLine(options, figures)}

Asked: ${figures.map(({ path }) => `\`${path}\``).join(", ")}.
`;
}

function row(request: string, bytes: string, server: string, measured: Measured, ratio: string): string {
  const { latency, errors, achieved, cpu } = measured;
  const times = [latency.min, latency.median, latency.p95, latency.p99, latency.max].map(milliseconds);
  const cells = [request, bytes, server, ...times, String(errors), achieved.toFixed(0), percent(cpu), ratio];
  return `| ${cells.join(" | ")} |`;
}

function targetLine({ rate }: Options, figures: readonly Figure[]): string {
  const figure = figures.find(({ request }) => request === TARGET.request);
  if (figure === undefined || rate !== TARGET.rate) return "The target was not measured.";
  const { median } = figure.ours.latency;
  const reached = median < TARGET.medianMs && figure.ours.errors === 0 ? "reached" : "**not reached**";
  return `Target: the median of \`${TARGET.request}\` under ${TARGET.medianMs} ms at ${TARGET.rate} requests a second: ${milliseconds(median)} ms, ${reached}.`;
}

function ratioOf({ ours, floor }: Figure): string {
  return `${(ours.latency.median / floor.latency.median).toFixed(1)} times`;
}

function milliseconds(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
}

function percent(part: number): string {
  return `${(part * 100).toFixed(0)} %`;
}
