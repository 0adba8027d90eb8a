import { symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { exists } from "./cache.ts";

const CHECKOUT = join(dirname(fileURLToPath(import.meta.url)), "../..");

/**
 * Bundles a program of a test (path below the checkout) into `dir`, as the product is bundled, and returns what Node
 * can run: processes that a test kills must start fast.
 */
export async function bundleProgram(entry: string, dir: string): Promise<string> {
  const outfile = join(dir, `${basename(entry, ".ts")}.mjs`);
  const require =
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  await build({
    absWorkingDir: CHECKOUT,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    external: ["better-sqlite3", "pg-native", "esbuild", "vitest"],
    jsx: "automatic",
    jsxImportSource: "preact",
    banner: { js: require },
    logLevel: "warning",
  });
  const modules = join(dir, "node_modules");
  if (!(await exists(modules))) await symlink(join(CHECKOUT, "node_modules"), modules);
  return outfile;
}
