import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./tools.ts";

/** A file system of its own, of a size that can be filled without harm to anybody else. */
export interface DiskImage {
  readonly dir: string;
  close(): Promise<void>;
}

export async function mountImage(sizeBytes: number): Promise<DiskImage> {
  const base = await mkdtemp("/var/tmp/mbdi-");
  const [image, dir] = [join(base, "image"), join(base, "m")];
  await run("truncate", ["--size", String(sizeBytes), image]);
  // Without a journal and blocks kept for root, its size is the size that a user gets.
  await run("mkfs.ext4", ["-q", "-m", "0", "-O", "^has_journal", image]);
  await mkdir(dir);
  await run("chmod", ["755", base]);
  await run("mount", ["-o", "loop,nosuid", image, dir]);
  return {
    dir,
    async close() {
      await run("umount", ["--lazy", dir]);
      await rm(base, { recursive: true, force: true });
    },
  };
}
