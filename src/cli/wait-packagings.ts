import { z } from "zod";
import type { Client } from "./client.ts";
import { eventLine } from "./event-line.ts";
import { type CliEvent, followEvents } from "./event-stream.ts";
import { EXIT } from "./exit-codes.ts";
import { type CliIo, colorsFor } from "./io.ts";

/** Calls that start packagings, which `--wait` follows to their ends. */
export const WAITABLE: ReadonlySet<string> = new Set(["port", "port_ext", "retry", "keyring_packages"]);

const outcome = z.looseObject({ bkey: z.string().optional(), error: z.string().optional() });
const outcomes = z.union([z.array(outcome), outcome]);

/** Tells of packagings that a call's result names, until all have ended; returns the exit code. */
export async function waitForPackagings(
  io: CliIo,
  client: Client,
  result: unknown,
  after: number,
): Promise<number> {
  const all = [outcomes.parse(result)].flat();
  const open = new Set(all.flatMap(({ bkey, error }) => (error === undefined ? (bkey ?? []) : [])));
  let failed = all.some(({ error }) => error !== undefined);
  if (open.size > 0) {
    const colors = colorsFor(io, io.errIsTerminal);
    const signal = io.interrupted;
    const onLost = (reason: string) => io.err(`Connection lost (${reason}), trying again.\n`);
    for await (const event of followEvents(client, { query: {}, after, signal, onLost })) {
      const bkey = packagingOf(event);
      if (!open.has(bkey)) continue;
      io.err(eventLine(event, colors));
      const end = endOf(event);
      if (end === undefined) continue;
      failed ||= end === "failed";
      open.delete(bkey);
      if (open.size === 0) break;
    }
    if (open.size > 0) return EXIT.failed;
  }
  return failed ? EXIT.resultFailed : EXIT.done;
}

const ended = z.array(z.looseObject({ expected: z.string(), got: z.string() }));

/** The exit code for a result that holds what was expected of packagings and how they ended. */
export function exitCodeOf(result: unknown): number {
  const { data } = ended.safeParse(result);
  return data?.some(({ expected, got }) => got !== expected) === true ? EXIT.resultFailed : EXIT.done;
}

/** The key of a build is that of its packaging with an architecture behind it. */
function packagingOf({ bkey = "" }: CliEvent): string {
  return bkey.split(" ", 1)[0] ?? "";
}

function endOf({ type, arch, data }: CliEvent): "installed" | "failed" | undefined {
  if (type === "INSTALLED") return "installed";
  if (type === "FAILED" || type === "REJECTED") return "failed";
  if (type === "CANCELLED") return arch === undefined ? "failed" : undefined;
  // A port that came to nothing never becomes a packaging.
  return type === "PORTED" && data.error !== undefined ? "failed" : undefined;
}
