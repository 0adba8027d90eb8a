import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Asset {
  /** Whole path of the address; changes with the content, so it may be cached for ever. */
  readonly path: string;
  readonly type: string;
  readonly body: Uint8Array;
  /** With the quotes that the header has. */
  readonly etag: string;
}

export interface AssetSet {
  readonly all: readonly Asset[];
  /** The address of a file by its name, such as `base.css`. */
  href(name: string): string;
}

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * Style and scripts of the pages. All share one directory named after the content of all, so modules import each other
 * by relative name and a new program never meets an old cache. `directory` defaults to the place beside this file, or
 * `assets/` beside the built program.
 */
export function loadAssets(directory: string = assetDirectory()): AssetSet {
  const names = readdirSync(directory)
    .filter((name) => TYPES[extname(name)] !== undefined)
    .sort();
  const files = names.map((name) => ({ name, body: readFileSync(join(directory, name)) }));
  const whole = createHash("sha256");
  for (const { name, body } of files) whole.update(`${name}\0${body.length}\0`).update(body);
  const version = whole.digest("hex").slice(0, 12);
  const all = files.map(({ name, body }) => ({
    path: `/assets/${version}/${name}`,
    type: TYPES[extname(name)] ?? "application/octet-stream",
    body,
    etag: `"${createHash("sha256").update(body).digest("hex").slice(0, 32)}"`,
  }));
  return { all, href: (name) => `/assets/${version}/${name}` };
}

function assetDirectory(): string {
  const beside = fileURLToPath(new URL("./base.css", import.meta.url));
  const folder = existsSync(beside) ? "./" : "./assets/";
  return fileURLToPath(new URL(folder, import.meta.url));
}
