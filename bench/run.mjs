// Bundles a benchmark and runs it: `node bench/run.mjs archive --help`. The bundle lies where Node.js finds the one
// native module that stays outside.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const [name, ...options] = process.argv.slice(2);
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const outfile = join(root, `node_modules/.cache/bench-${name}/main.js`);

await build({
  absWorkingDir: root,
  entryPoints: [`bench/${name}/main.ts`],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  sourcemap: true,
  external: ["better-sqlite3", "pg-native"],
  // Bundled CommonJS packages ask for Node's own modules by require.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: "warning",
});

const ran = spawnSync(process.execPath, ["--enable-source-maps", outfile, ...options], {
  stdio: "inherit",
  env: { ...process.env, BENCH_ROOT: root },
});
process.exitCode = ran.status ?? 1;
