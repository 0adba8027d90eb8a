import { cp } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { exists } from "./cache.ts";
import { run } from "./tools.ts";

/** A benchmark is bundled, and lies elsewhere. */
const CHECKOUT = process.env.BENCH_ROOT ?? join(dirname(fileURLToPath(import.meta.url)), "../..");

/**
 * Copies the built program below `dir`, where the service user may read it and a later build does not change it under
 * a running daemon. Returns the launcher.
 */
export async function copyProgram(dir: string): Promise<string> {
  if (!(await exists(join(CHECKOUT, "dist"))))
    throw new Error("There is no built program: npm run build first.");
  for (const part of ["bin", "dist"]) await cp(join(CHECKOUT, part), join(dir, part), { recursive: true });
  await run("chmod", ["-R", "a+rX", dir]);
  return join(dir, "bin/mini-buildd");
}
