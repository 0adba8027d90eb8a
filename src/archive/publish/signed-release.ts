import { readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { syncDir } from "#platform";
import { syncFile } from "../compress.ts";
import { type ReleaseContent, releaseText } from "../release-file.ts";
import type { ReleaseSigner } from "../types.ts";

export interface SigningDeps {
  readonly signer: ReleaseSigner;
}

export interface SigningOptions {
  /** Valid-Until this many days after Date. */
  readonly validDays?: number | undefined;
  /** Told when a file is there: `release`, then `signed`. */
  readonly onStep?: ((step: "release" | "signed") => void) | undefined;
}

/** Release, Release.gpg, and last InRelease, all as old as their Date says, and synced. */
export async function writeSignedRelease(
  { signer }: SigningDeps,
  dir: string,
  content: ReleaseContent,
  date: Date,
  { validDays, onStep }: SigningOptions = {},
): Promise<void> {
  const text = releaseText(content, date, validDays);
  // Both signatures at once: nearly all of their time is the start of a process.
  const signing = Promise.all([signer.detachSign(text), signer.clearsign(text)]);
  signing.catch(() => undefined);
  await writeFile(join(dir, "Release"), text, { flag: "wx" });
  onStep?.("release");
  const [detached, clearsigned] = await signing;
  await writeFile(join(dir, "Release.gpg"), detached, { flag: "wx" });
  await writeFile(join(dir, "InRelease"), clearsigned, { flag: "wx" });
  onStep?.("signed");
  await Promise.all(
    ["Release", "Release.gpg", "InRelease"].map(async (name) => {
      await utimes(join(dir, name), date, date);
      await syncFile(join(dir, name));
    }),
  );
}

/** Everything a rendered directory needs to survive a power cut, but for its parent. */
export async function syncTree(dir: string): Promise<void> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const dirs = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  await Promise.all([dir, ...dirs].map(syncDir));
}
