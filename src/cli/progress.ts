import type { ArchiveProgress } from "#api";
import type { CliIo } from "./io.ts";

export interface ProgressBar {
  show(progress: ArchiveProgress): void;
  /** Takes the bar away. */
  clear(): void;
}

const WIDTH = 30;
/** What is over sooner needs no bar; more often than that nobody can read it. */
const PAUSE_MS = 200;

/** A bar on standard error, on terminals only. */
export function createProgressBar(io: CliIo, now: () => number): ProgressBar {
  let last = now();
  let shown = false;
  return {
    show({ what, done, total }) {
      if (!io.errIsTerminal || now() - last < PAUSE_MS) return;
      last = now();
      shown = true;
      io.err(`\r\u001b[K${barText(what, done, total)}`);
    },
    clear() {
      if (shown) io.err("\r\u001b[K");
      shown = false;
    },
  };
}

function barText(what: string, done: number, total: number): string {
  if (total <= 0) return `${what} ${done}`;
  const filled = Math.round((Math.min(done, total) / total) * WIDTH);
  return `${what} [${"#".repeat(filled)}${".".repeat(WIDTH - filled)}] ${done}/${total}`;
}
