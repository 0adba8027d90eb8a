import { spawnSync } from "node:child_process";
import { closeSync, constants, fstatSync, openSync, rmSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { hasCode, TOOL_ENV } from "#platform";

/** What is written behind the end of a tool by processes that it left is not waited for longer. */
const DRAIN_MS = 5000;

/**
 * Where a tool prints to. Not the log itself: whoever has that open may empty it, fill it, and, where root of a test bed is
 * the service user, close it to us.
 */
export interface LogPipe {
  /** For the tool; a FIFO, which programs can open again as /dev/stdout, unlike Node's sockets. */
  readonly fd: number;
  /** The tool has it. */
  handedOver(): void;
  /** All that was printed is in the log. */
  drained(): Promise<void>;
}

/** @param limitBytes the log grows to that and what makes it known that there was more; the rest is dropped */
export function openLogPipe(workDir: string, log: string, limitBytes: number): LogPipe {
  const path = join(workDir, "log.fifo");
  rmSync(path, { force: true });
  spawnSync("mkfifo", ["-m", "600", path], { env: { ...TOOL_ENV }, stdio: "ignore" });
  // The reader first, as a writer that does not wait needs one.
  const from = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const fd = openSync(path, constants.O_WRONLY);
  rmSync(path);
  const to = openSync(join(workDir, log), "a", 0o644);
  const reader = new Socket({ fd: from, readable: true, writable: false });
  // A runner that fails ends, whoever still has the other end.
  reader.unref();
  const over = new Promise<void>((resolve) => {
    reader.once("close", () => {
      closeSync(to);
      resolve();
    });
  });
  reader.on("error", () => reader.destroy());
  reader.on("data", (chunk) => {
    if (fstatSync(to).size <= limitBytes) append(to, chunk);
  });
  return {
    fd,
    handedOver: () => closeSync(fd),
    async drained() {
      const late = setTimeout(() => reader.destroy(), DRAIN_MS);
      await over;
      clearTimeout(late);
    },
  };
}

/** On a full disk without it: the build is about to be ended. */
function append(fd: number, chunk: Uint8Array): void {
  try {
    let written = 0;
    while (written < chunk.length) written += writeSync(fd, chunk, written);
  } catch (error) {
    if (!hasCode(error, "ENOSPC", "EDQUOT")) throw error;
  }
}
