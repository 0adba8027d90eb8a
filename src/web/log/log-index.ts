import { createFindings, type Finding } from "./findings.ts";

/** Bytes of a build log; `sizeBytes` is what there is now, `ended` that no more will come. */
export interface LogChunk {
  readonly bytes: Uint8Array;
  readonly sizeBytes: number;
  readonly ended: boolean;
}

/**
 * Up to `maxBytes` of a build's log from byte `from` on, running or kept (then uncompressed); undefined when there is
 * no log (yet, or any more).
 */
export type ReadLog = (buildId: number, from: number, maxBytes: number) => Promise<LogChunk | undefined>;

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
  summary(buildId: number): Promise<LogSummary | undefined>;
}

/** Lines between two remembered positions. */
export const STRIDE = 200;
const CHUNK_BYTES = 1 << 20;
const KEPT_BUILDS = 64;
const HEAD_CHARS = 1000;
const NEWLINE = 10;

interface Scan {
  offset: number;
  lines: number;
  sizeBytes: number;
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
export function createLogIndex(readLog: ReadLog): LogIndex {
  const scans = new Map<number, Scan>();
  return {
    async summary(buildId) {
      const scan = scans.get(buildId) ?? newScan();
      // Last used last: the first key is the one to forget.
      scans.delete(buildId);
      scans.set(buildId, scan);
      const oldest = scans.keys().next();
      if (scans.size > KEPT_BUILDS && oldest.done !== true) scans.delete(oldest.value);
      scan.running ??= readOn(scan, buildId, readLog).finally(() => {
        scan.running = undefined;
      });
      await scan.running;
      if (scan.sizeBytes === 0 && !scan.ended) return undefined;
      const { lines, sizeBytes, ended, marks, findings } = scan;
      return { lines, sizeBytes, ended, marks, findings: findings.all() };
    },
  };
}

function newScan(): Scan {
  return {
    offset: 0,
    lines: 0,
    sizeBytes: 0,
    ended: false,
    head: "",
    marks: [0],
    findings: createFindings(),
    running: undefined,
  };
}

async function readOn(scan: Scan, buildId: number, readLog: ReadLog): Promise<void> {
  while (!scan.ended) {
    const chunk = await readLog(buildId, scan.offset, CHUNK_BYTES);
    if (chunk === undefined) return;
    takeChunk(scan, chunk);
    const atEnd = scan.offset >= chunk.sizeBytes;
    if (atEnd && chunk.ended) endScan(scan);
    if (atEnd || chunk.bytes.length === 0) return;
  }
}

function takeChunk(scan: Scan, chunk: LogChunk): void {
  const bytes = Buffer.from(chunk.bytes.buffer, chunk.bytes.byteOffset, chunk.bytes.length);
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    finishLine(scan, scan.head + lineHead(bytes, start, end));
    start = end + 1;
    if (scan.lines % STRIDE === 0) scan.marks.push(scan.offset + start);
  }
  if (scan.head.length < HEAD_CHARS) scan.head += lineHead(bytes, start, bytes.length);
  scan.offset += bytes.length;
  scan.sizeBytes = chunk.sizeBytes;
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
