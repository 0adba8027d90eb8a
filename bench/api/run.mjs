// Bundles the benchmark and runs it: `npm run bench:api -- --help`. The bundle lies where Node.js finds the one
// native module that stays outside.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const outfile = join(root, "node_modules/.cache/bench-api/main.js");

await build({
  absWorkingDir: root,
  entryPoints: ["bench/api/main.ts"],
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

const ran = spawnSync(process.execPath, ["--enable-source-maps", outfile, ...process.argv.slice(2)], {
  stdio: "inherit",
  env: { ...process.env, BENCH_ROOT: root },
});
process.exitCode = ran.status ?? 1;
