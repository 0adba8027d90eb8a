import { readdir, readFile } from "node:fs/promises";

/** Ends what a home has started and left running, such as the runners of builds, which outlive their daemon. */
export async function endProcessesOf(home: string): Promise<void> {
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "");
    if (Number(pid) !== process.pid && command.split("\0").some((word) => word.includes(`${home}/`))) {
      kill(Number(pid));
    }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // It has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
