import type { CliEvent } from "./event-stream.ts";
import { type Colors, terminalText } from "./io.ts";

const GOOD = ["INSTALLED", "MIGRATED", "PORTED"];
const BAD = ["FAILED", "REJECTED", "CANCELLED"];

/** `<STATUS> (<dist>): <source> <version> [<arches>]: <message>` (pipeline.md 9). */
export function eventLine(event: CliEvent, colors: Colors): string {
  const { type, distribution, source, version, message } = event;
  const paint = BAD.includes(type) ? colors.red : GOOD.includes(type) ? colors.green : colors.cyan;
  const place = distribution === undefined ? "" : ` (${distribution})`;
  const subject = [source, version, architectures(event)].filter((word) => word !== undefined && word !== "");
  const text = [subject.join(" "), message].filter((part) => part !== "").join(": ");
  return `${colors.dim(terminalText(event.time))} ${paint(terminalText(type))}${terminalText(place)}: ${oneLine(text)}\n`;
}

/** `[+amd64, -arm64, ~armhf]`: good, not good, skipped. */
function architectures({ arch, data }: CliEvent): string {
  const builds = Array.isArray(data.builds) ? data.builds : [];
  const marks = builds.flatMap((build: unknown) => {
    const { arch: name, state } = (build ?? {}) as { arch?: unknown; state?: unknown };
    if (typeof name !== "string" || typeof state !== "string") return [];
    return [`${state === "BUILT" ? "+" : state === "SKIPPED" ? "~" : "-"}${name}`];
  });
  if (marks.length > 0) return `[${marks.join(", ")}]`;
  return arch === undefined ? "" : `[${arch}]`;
}

function oneLine(text: string): string {
  return terminalText(text.replace(/\s*\n\s*/g, " "));
}
