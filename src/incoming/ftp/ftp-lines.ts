/** Longest command line; a STOR with the longest name allowed needs about 260. */
export const MAX_LINE = 1024;

/** Cuts what a control connection sends into lines (RFC 959, 5.3.1; Telnet signals taken out). */
export interface LineReader {
  /** Complete lines without their ends. @throws LineTooLong */
  push(chunk: Buffer): string[];
}

export class LineTooLong extends Error {
  constructor() {
    super(`a command line is longer than ${MAX_LINE} bytes`);
    this.name = "LineTooLong";
  }
}

export function createLineReader(): LineReader {
  let pending = "";
  return {
    push(chunk) {
      pending += chunk.toString("latin1");
      const lines = pending.split("\n");
      pending = lines.pop() ?? "";
      if (pending.length > MAX_LINE || lines.some((line) => line.length > MAX_LINE)) throw new LineTooLong();
      // ABOR comes behind Telnet IP and Synch: IAC IP IAC DM (RFC 854).
      return lines.map((line) => line.replace(/\r$/, "").replace(/\xff[\xf0-\xfe]|[\xff\xf2\xf4]/g, ""));
    },
  };
}

export interface Command {
  /** Upper case. */
  readonly verb: string;
  /** Everything behind the first blank; names may hold blanks. */
  readonly argument: string;
}

export function parseCommand(line: string): Command {
  const match = /^([A-Za-z]{1,10})(?: (.*))?$/s.exec(line.trimEnd());
  return { verb: (match?.[1] ?? "").toUpperCase(), argument: match?.[2] ?? "" };
}
