import type { Readable } from "node:stream";
import type { CheckTool } from "#builds";
import { createFindings, type Finding } from "./findings.ts";

/** Logs of builds, running or kept. */
export interface LogReader {
  /**
   * Content from byte `from` up to what is there now, of the build, of one of its checks or of an earlier attempt;
   * undefined when there is no such log. `ended`: the stream reaches the end of a log that grows no more.
   */
  open(
    build: number,
    from: number,
    tool?: CheckTool,
    attempt?: number,
  ): Promise<{ readonly stream: Readable; readonly ended: boolean } | undefined>;
  /** Numbers of earlier attempts that left a log, newest first. */
  attempts(build: number): Promise<readonly number[]>;
}

/** Names one log. */
export interface LogName {
  readonly build: number;
  /** An earlier attempt; without, it is the log of the build. */
  readonly attempt?: number | undefined;
  /** Fence of the build: with each try, a log begins anew. */
  readonly fence?: number;
}

export interface LogSummary {
  /** Whole lines so far; an unfinished last one counts once the log has ended. */
  readonly lines: number;
  readonly sizeBytes: number;
  readonly ended: boolean;
  readonly findings: readonly Finding[];
  /** Start of line `(index * STRIDE) + 1`, in bytes. */
  readonly marks: readonly number[];
}

export interface LogIndex {
  summary(log: LogName): Promise<LogSummary | undefined>;
}

/** Lines between two remembered positions. */
export const STRIDE = 200;
const KEPT_BUILDS = 64;
const HEAD_CHARS = 1000;
const NEWLINE = 10;

interface Scan {
  exists: boolean;
  offset: number;
  lines: number;
  ended: boolean;
  /** Start of a line whose end was not seen yet. */
  head: string;
  readonly marks: number[];
  readonly findings: ReturnType<typeof createFindings>;
  running: Promise<void> | undefined;
}

/**
 * Knows where lines of logs begin and which ones matter. Logs only grow, so each byte is looked at once; asking again
 * while a log is being read waits for that reading, so many visitors cost as much as one.
 */
export function createLogIndex(logs: LogReader): LogIndex {
  const scans = new Map<string, Scan>();
  return {
    async summary(log) {
      const { build, attempt, fence = 0 } = log;
      const key = attempt === undefined ? `${build} now ${fence}` : `${build} attempt ${attempt}`;
      const scan = scans.get(key) ?? newScan();
      // Last used last: the first key is the one to forget.
      scans.delete(key);
      scans.set(key, scan);
      const oldest = scans.keys().next();
      if (scans.size > KEPT_BUILDS && oldest.done !== true) scans.delete(oldest.value);
      scan.running ??= readOn(scan, log, logs).finally(() => {
        scan.running = undefined;
      });
      await scan.running;
      if (!scan.exists) return undefined;
      const { lines, offset, ended, marks, findings } = scan;
      return { lines, sizeBytes: offset, ended, marks, findings: findings.all() };
    },
  };
}

function newScan(): Scan {
  const findings = createFindings();
  return {
    exists: false,
    offset: 0,
    lines: 0,
    ended: false,
    head: "",
    marks: [0],
    findings,
    running: undefined,
  };
}

async function readOn(scan: Scan, { build, attempt }: LogName, logs: LogReader): Promise<void> {
  if (scan.ended) return;
  const part = await logs.open(build, scan.offset, undefined, attempt);
  if (part === undefined) return;
  scan.exists = true;
  for await (const chunk of part.stream) takeChunk(scan, Buffer.from(chunk as Uint8Array));
  if (part.ended) endScan(scan);
}

function takeChunk(scan: Scan, bytes: Buffer): void {
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    finishLine(scan, scan.head + lineHead(bytes, start, end));
    start = end + 1;
    if (scan.lines % STRIDE === 0) scan.marks.push(scan.offset + start);
  }
  if (scan.head.length < HEAD_CHARS) scan.head += lineHead(bytes, start, bytes.length);
  scan.offset += bytes.length;
}

function lineHead(bytes: Buffer, start: number, end: number): string {
  return bytes.toString("utf8", start, Math.min(end, start + HEAD_CHARS));
}

function finishLine(scan: Scan, text: string): void {
  scan.lines += 1;
  scan.head = "";
  scan.findings.take(scan.lines, text);
}

function endScan(scan: Scan): void {
  if (scan.head !== "") finishLine(scan, scan.head);
  scan.ended = true;
}
