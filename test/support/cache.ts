import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Things that take long to make and may be used by every test of this machine. May be deleted at any time. */
export const CACHE_DIR = "/var/cache/mini-buildd-test";

/** Until tomorrow: a clean chroot must not grow old, nor the tests depend on what was in it last month. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/**
 * Path of a file or directory of the cache; when it is not there, `make` puts it at the path it is given. A half-made
 * one is never seen: it gets its name when it is complete.
 */
export async function cached(name: string, make: (path: string) => Promise<void>): Promise<string> {
  const path = join(CACHE_DIR, name);
  if (await exists(path)) return path;
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const dir = await mkdtemp(join(CACHE_DIR, ".new-"));
  try {
    const made = join(dir, "made");
    await make(made);
    await rename(made, path).catch(async (error: unknown) => {
      // Two makers at once: the first one stays.
      if (!(await exists(path))) throw error;
    });
    return path;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
