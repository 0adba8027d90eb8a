import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { digestFile } from "../compress.ts";
import { type PublishedRelease, parseRelease } from "../release-file.ts";

export const STRONG = { md5: false, sha1: false };

/** @param dist directory of a distribution */
export function readRelease(dist: string): PublishedRelease {
  const parsed = parseRelease(readFileSync(join(dist, "Release"), "utf8"));
  if (parsed === undefined) throw new Error("no Release");
  return parsed;
}

/** Every file Release lists is there with its sums, by name and by hash; uncompressed names may be listed only. */
export async function expectWholeAt(dist: string): Promise<void> {
  const { files } = readRelease(dist);
  for (const [path, { sha256, sizeBytes }] of files) {
    const file = join(dist, path);
    if (!existsSync(file)) {
      expect([".gz", ".xz"].some((ending) => files.has(`${path}${ending}`))).toBe(true);
      continue;
    }
    expect(await digestFile(file, STRONG)).toEqual({ sha256, sizeBytes });
    if (path.endsWith("/Release")) continue;
    const byHash = join(file, "../by-hash/SHA256", sha256);
    expect(await digestFile(byHash, STRONG)).toEqual({ sha256, sizeBytes });
  }
}
