import { type LogName, type LogReader, type LogSummary, STRIDE } from "./log-index.ts";

export interface LogLine {
  readonly number: number;
  readonly text: string;
}

export interface LogWindow {
  readonly lines: readonly LogLine[];
  /** Where the line behind the last one begins: its byte and its number. */
  readonly nextOffset: number;
  readonly nextLine: number;
  /** The log goes no further, now or ever. */
  readonly ended: boolean;
}

const READ_BYTES = 256 * 1024;
const WINDOW_READS = 8;
const NEWLINE = 10;

/** `count` lines from line `first` on, less when they are very long. */
export async function readWindow(
  logs: LogReader,
  log: LogName,
  summary: LogSummary,
  first: number,
  count: number,
): Promise<LogWindow> {
  const mark = Math.min(Math.floor((first - 1) / STRIDE), summary.marks.length - 1);
  let window: LogWindow = {
    lines: [],
    nextOffset: summary.marks[mark] ?? 0,
    nextLine: mark * STRIDE + 1,
    ended: false,
  };
  for (let reads = 0; reads < WINDOW_READS; reads += 1) {
    const before = window.nextOffset;
    const wanted = first + count - window.nextLine;
    const more = await readLines(logs, log, window.nextOffset, window.nextLine, wanted);
    if (more === undefined) break;
    window = { ...more, lines: [...window.lines, ...more.lines.filter(({ number }) => number >= first)] };
    if (window.nextLine >= first + count || window.nextOffset === before || more.ended) break;
  }
  return window;
}

/**
 * The whole lines that begin at byte `offset`, which is the start of line `number`: one read, at most `maxLines`. A
 * line longer than one read is given in pieces, so that a log without line ends can be followed too.
 */
export async function readLines(
  logs: LogReader,
  log: LogName,
  offset: number,
  number: number,
  maxLines: number,
): Promise<LogWindow | undefined> {
  const part = await readBytes(logs, log, offset);
  if (part === undefined) return undefined;
  const whole = wholeLines(part.bytes, maxLines, part.ended);
  const lines = splitLines(part.bytes.subarray(0, whole)).map((text, index) => ({
    number: number + index,
    text,
  }));
  const ended = part.ended && whole === part.bytes.length;
  return { lines, nextOffset: offset + whole, nextLine: number + lines.length, ended };
}

/** At most READ_BYTES from `offset` on; `ended` when these are the last ones there will ever be. */
async function readBytes(
  logs: LogReader,
  log: LogName,
  offset: number,
): Promise<{ bytes: Buffer; ended: boolean } | undefined> {
  const part = await logs.open(log.build, offset, undefined, log.attempt);
  if (part === undefined) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of part.stream) {
    chunks.push(Buffer.from(chunk as Uint8Array));
    size += chunks.at(-1)?.length ?? 0;
    // Leaving the loop destroys the stream.
    if (size > READ_BYTES) break;
  }
  return { bytes: Buffer.concat(chunks).subarray(0, READ_BYTES), ended: part.ended && size <= READ_BYTES };
}

/** How many of `bytes` are at most `maxLines` lines with their ends; the last line of an ended log needs none. */
function wholeLines(bytes: Uint8Array, maxLines: number, endsHere: boolean): number {
  let end = 0;
  for (let lines = 0; lines < maxLines; lines += 1) {
    const newline = bytes.indexOf(NEWLINE, end);
    if (newline === -1) return endsHere || (end === 0 && bytes.length >= READ_BYTES) ? bytes.length : end;
    end = newline + 1;
  }
  return end;
}

/** Any bytes as text: what is not UTF-8 shows as U+FFFD. */
function splitLines(bytes: Uint8Array): string[] {
  if (bytes.length === 0) return [];
  const text = new TextDecoder("utf-8").decode(bytes);
  return (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
}
