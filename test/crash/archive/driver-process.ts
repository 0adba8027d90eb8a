import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Order } from "./driver-protocol.ts";

/** A started driver that waits for its order. */
export interface Driver {
  /** Gives the order; `told` hears each line at once. */
  run(order: Order, told?: (line: string) => void, deadlineMs?: number): Promise<Ended>;
  /** SIGKILL, as from an administrator or the kernel. */
  kill(): void;
  /** Ends one that got no order. */
  discard(): Promise<void>;
}

export interface Ended {
  readonly signal: string | null;
  readonly exitCode: number | null;
  readonly lines: readonly string[];
  /** Warnings of the log and everything on standard error. */
  readonly complaints: readonly string[];
}

/** Nothing takes so long, unless it hangs. */
const DEADLINE_MS = 60_000;

export function startDriver(program: string): Driver {
  const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "pipe"] });
  const lines: string[] = [];
  const errors: string[] = [];
  let listener: (line: string) => void = () => undefined;
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    listener(line);
  });
  createInterface({ input: child.stderr }).on("line", (line) => errors.push(line));
  // A driver that was killed reads its order no more.
  child.stdin.on("error", () => undefined);
  const closed = once(child, "close");
  return {
    async run(order, told, deadlineMs = DEADLINE_MS) {
      if (told !== undefined) listener = told;
      const late = setTimeout(() => {
        errors.push(`ended after ${deadlineMs} ms; last lines: ${lines.slice(-5).join(" | ")}`);
        child.kill("SIGKILL");
      }, deadlineMs);
      child.stdin.end(`${JSON.stringify(order)}\n`);
      const [exitCode, signal] = (await closed) as [number | null, string | null];
      clearTimeout(late);
      const complaints = [...lines.filter((line) => /^(?:\{|failed )/.test(line)), ...errors];
      return { exitCode, signal, lines, complaints };
    },
    kill: () => void child.kill("SIGKILL"),
    async discard() {
      child.kill("SIGKILL");
      await closed;
    },
  };
}
