import { readFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { run, tryRun } from "#testing";
import type { PeerName } from "./options.ts";

/** What a reader must know of the machine; nothing that tells whose it is. */
export interface Machine {
  readonly system: string;
  readonly cores: number;
  readonly processor: string;
  readonly memoryBytes: number;
  readonly node: string;
  readonly gnupg: string;
  readonly fileSystem: string;
  readonly date: string;
}

export async function describeMachine(dir: string): Promise<Machine> {
  const release = await readFile("/etc/os-release", "utf8");
  const [df = ""] = (await run("df", ["--output=fstype", dir])).trim().split("\n").slice(-1);
  return {
    system: /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1] ?? "unknown",
    cores: cpus().length,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    memoryBytes: totalmem(),
    node: process.versions.node,
    gnupg: /[0-9][0-9.]+/.exec(await run("gpg", ["--version"]))?.[0] ?? "unknown",
    fileSystem: df.trim(),
    date: new Date().toISOString().slice(0, 10),
  };
}

/** Installs the programs that are missing, which only root can do. @throws Error that names them */
export async function installPeers(peers: readonly PeerName[], say: (line: string) => void): Promise<void> {
  const missing: string[] = [];
  for (const name of peers) {
    if (name === "mini-buildd") continue;
    const { stdout } = await tryRun("dpkg-query", ["--status", name]);
    if (!/^Status: .* installed$/m.test(stdout)) missing.push(name);
  }
  if (missing.length === 0) return;
  const command = ["install", "--yes", "--no-install-recommends", ...missing];
  if (process.getuid?.() !== 0) throw new Error(`these are missing: apt-get ${command.join(" ")}`);
  say(`installing ${missing.join(", ")}`);
  await run("apt-get", command, { timeoutMs: 600_000 });
}
