import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A running file server. */
export interface FileServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startFileServer(program: string, directory: string): Promise<FileServer> {
  const child = spawn(process.execPath, [program, directory], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return {
    port: Number(line.replace("port ", "")),
    async close() {
      child.kill("SIGTERM");
      await closed;
    },
  };
}
