import { appendFile, readFile } from "node:fs/promises";
import { run, tryRun } from "./tools.ts";

export const TEST_USER = "mbdtest";
const RANGE = 65_536;

export interface ServiceUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * The system user that the daemons of the tests run as, with the subordinate ids that unshare builds need
 * (subuid(5)). Made when it is missing, which only root can do.
 */
export async function ensureServiceUser(): Promise<ServiceUser> {
  if (process.getuid?.() !== 0)
    throw new Error("The system tests make a service user and run daemons as that user: run them as root.");
  const found = await tryRun("id", ["-u", TEST_USER]);
  if (found.exitCode !== 0) {
    const args = ["--system", "--no-create-home", "--home-dir", "/nonexistent", "--user-group"];
    await run("useradd", [...args, "--shell", "/usr/sbin/nologin", TEST_USER]);
  }
  for (const file of ["/etc/subuid", "/etc/subgid"]) await ensureRange(file);
  const uid = Number(await run("id", ["-u", TEST_USER]));
  const gid = Number(await run("id", ["-g", TEST_USER]));
  return { name: TEST_USER, uid, gid };
}

/** A range behind the highest one that anybody has. */
async function ensureRange(file: string): Promise<void> {
  const text = await readFile(file, "utf8").catch(() => "");
  const rows = text.split("\n").map((line) => line.split(":"));
  if (rows.some(([name, , count]) => name === TEST_USER && Number(count) >= RANGE)) return;
  const ends = rows
    .filter((row) => row.length === 3)
    .map(([, start, count]) => Number(start) + Number(count));
  await appendFile(file, `${TEST_USER}:${Math.max(100_000, ...ends)}:${RANGE}\n`);
}
