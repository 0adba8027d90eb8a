import { type Logger, pino } from "pino";

export type Log = Logger;

/** Log to stdout, one JSON line each (journald keeps it). Secrets never enter: callers log ids, not values. */
export function createLog(level: string): Log {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: [
      "authorization",
      "*.authorization",
      "token",
      "*.token",
      "password",
      "*.password",
      "secret",
      "*.secret",
    ],
  });
}

export const silentLog: Log = pino({ level: "silent" });
