import { statusText } from "#events";
import type { CliEvent } from "./event-stream.ts";
import { type Colors, terminalText } from "./io.ts";

const GOOD = ["INSTALLED", "MIGRATED", "PORTED"];
const BAD = ["FAILED", "REJECTED", "CANCELLED"];

/** The time and the status line of an event, coloured. */
export function eventLine(event: CliEvent, colors: Colors): string {
  const { type, distribution } = event;
  const paint = BAD.includes(type) ? colors.red : GOOD.includes(type) ? colors.green : colors.cyan;
  const place = distribution === undefined ? "" : ` (${distribution})`;
  return `${colors.dim(terminalText(event.time))} ${paint(terminalText(type))}${terminalText(place)}: ${terminalText(statusText(event))}\n`;
}
