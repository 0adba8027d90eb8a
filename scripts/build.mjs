// Bundles the program: one file for each entry point, and beside it the pages' assets, the test packages and the one
// native module, so that dist/ runs from any place. `--watch` builds again after each change.
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, context } from "esbuild";
import { pureModules } from "./pure-modules.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

/** What better-sqlite3 needs at run time; its sources and build tree stay behind. */
const NATIVE = [
  "better-sqlite3/package.json",
  "better-sqlite3/lib",
  "better-sqlite3/build/Release/better_sqlite3.node",
  "bindings",
  "file-uri-to-path",
];

const options = {
  absWorkingDir: root,
  entryPoints: { "mini-buildd": "src/main.ts", runner: "src/builds/runner/main.ts" },
  outdir: "dist",
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  splitting: true,
  chunkNames: "[name]-[hash]",
  sourcemap: true,
  external: ["better-sqlite3", "pg-native"],
  plugins: [pureModules],
  jsx: "automatic",
  jsxImportSource: "preact",
  // Bundled CommonJS packages ask for Node's own modules by require.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: "warning",
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
for (const name of NATIVE) {
  const target = join(dist, "node_modules", name);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(join(root, "node_modules", name), target, { recursive: true });
}
cpSync(join(root, "src/web/assets"), join(dist, "assets"), {
  recursive: true,
  filter: (source) => !source.endsWith(".ts"),
});
cpSync(join(root, "share/test-packages"), join(dist, "test-packages"), { recursive: true });

/**
 * Programs of their own: pieces that entry points share hold all that one of them needs, and would be loaded whole by
 * the others. One small file of CommonJS starts in half the time that modules of Node.js need.
 */
const { banner: _, ...plain } = options;
const archive = {
  ...plain,
  entryPoints: { archive: "src/archive-main.ts" },
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  splitting: false,
  minify: true,
  plugins: [
    {
      name: "open-archive",
      setup({ onResolve }) {
        onResolve({ filter: /\/open-archive\.ts$/ }, () => ({ path: "./open-archive.js", external: true }));
      },
    },
    pureModules,
  ],
};
const openArchive = {
  ...options,
  entryPoints: { "open-archive": "src/daemon/open-archive.ts" },
  splitting: false,
};

for (const each of [options, archive, openArchive]) {
  if (process.argv.includes("--watch")) {
    const watched = await context(each);
    await watched.watch();
  } else {
    await build(each);
  }
}
