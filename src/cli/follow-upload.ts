import type { Client } from "./client.ts";
import { eventLine } from "./event-line.ts";
import { type CliEvent, followEvents } from "./event-stream.ts";
import { type CliIo, colorsFor } from "./io.ts";

/** Id of the newest event: what comes of an upload stands behind it. */
export async function lastEvent(client: Client): Promise<number> {
  const answer: unknown = JSON.parse(await client.text({ method: "GET", path: "/api/events?limit=1" }));
  const { last } = answer as { last?: unknown };
  return typeof last === "number" ? last : 0;
}

export type UploadEnd = "accepted" | "rejected" | "installed" | "failed" | "interrupted";

/** Prints the events of an upload until it is accepted or rejected, or (`wait`) until its packaging has ended. */
export async function followUpload(
  io: CliIo,
  client: Client,
  { upload, after, wait }: { upload: number; after: number; wait: boolean },
): Promise<UploadEnd> {
  const colors = colorsFor(io, io.outIsTerminal);
  const events = followEvents(client, {
    query: {},
    after,
    signal: io.interrupted,
    onLost: (reason) => io.err(`Connection lost (${reason}), trying again.\n`),
  });
  for await (const event of events) {
    if (event.upload !== upload) continue;
    io.out(eventLine(event, colors));
    const end = endOf(event);
    if (end !== undefined && (end !== "accepted" || !wait)) return end;
  }
  return "interrupted";
}

/** What an event says of the whole upload, if anything. Events of single builds decide nothing. */
function endOf(event: CliEvent): UploadEnd | undefined {
  if (event.type === "REJECTED") return "rejected";
  if (event.type === "INSTALLED") return "installed";
  if (event.type === "FAILED") return "failed";
  if (event.type === "CANCELLED") return event.arch === undefined ? "failed" : undefined;
  return "accepted";
}
