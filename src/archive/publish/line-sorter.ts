import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { MbdError, removeTree, TOOL_ENV } from "#platform";

/** Sorts any number of lines by their bytes in bounded memory: few in this process, many by sort(1). */
export interface LineSorter {
  /** Lines (one byte for each character), each ended by a newline. */
  add(lines: string): Promise<void>;
  /** All lines without their newlines, some thousand at a time; once. @throws MbdError tool_missing, tool_failed */
  sorted(): AsyncIterable<string[]>;
  /** Ends the tool if it still runs, and removes what it left. */
  close(): Promise<void>;
}

const IN_MEMORY_BYTES = 4 * 1024 * 1024;

/** @param dir for temporary files */
export function createLineSorter(dir: string, inMemoryBytes = IN_MEMORY_BYTES): LineSorter {
  let gathered: string[] = [];
  let bytes = 0;
  let tool: SortTool | undefined;
  return {
    async add(lines) {
      gathered.push(lines);
      bytes += lines.length;
      if (bytes < inMemoryBytes) return;
      tool ??= await startSort(dir);
      const text = gathered.join("");
      gathered = [];
      bytes = 0;
      await tool.write(text);
    },
    async *sorted() {
      const rest = gathered.join("");
      gathered = [];
      if (tool === undefined) {
        const lines = rest.split("\n");
        lines.pop();
        yield lines.sort();
        return;
      }
      await tool.write(rest);
      yield* tool.lines();
    },
    close: async () => tool?.close(),
  };
}

interface SortTool {
  write(text: string): Promise<void>;
  lines(): AsyncGenerator<string[]>;
  close(): Promise<void>;
}

async function startSort(dir: string): Promise<SortTool> {
  const temporary = await mkdtemp(join(dir, "sort-"));
  const args = ["--buffer-size=32M", "--parallel=1", `--temporary-directory=${temporary}`];
  const child = spawn("sort", args, {
    env: { ...TOOL_ENV, LC_ALL: "C" },
    cwd: "/",
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code === 0 ? "" : `exit ${signal ?? code}`));
  });
  // A tool that ends early breaks the pipe; `ended` says why.
  child.stdin.on("error", () => child.kill());
  const check = async () => {
    const reason = await ended;
    if (reason !== "") throw new MbdError("tool_failed", { tool: "sort", reason });
  };
  return {
    async write(text) {
      if (child.exitCode !== null || child.signalCode !== null) await check();
      if (!child.stdin.write(text, "latin1")) await Promise.race([once(child.stdin, "drain"), ended]);
    },
    async *lines() {
      child.stdin.end();
      let pending = "";
      for await (const piece of child.stdout as AsyncIterable<Buffer>) {
        const lines = (pending + piece.toString("latin1")).split("\n");
        pending = lines.pop() ?? "";
        yield lines;
      }
      await check();
    },
    async close() {
      child.kill();
      await ended;
      await removeTree(temporary);
    },
  };
}
