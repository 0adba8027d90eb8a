import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";

/** Changes a text file; a change that leaves it as it was is a mistake of the test. */
export async function rewriteFile(file: string, change: (text: string) => string): Promise<void> {
  const before = await readFile(file, "utf8");
  const after = change(before);
  if (after === before) throw new Error(`the change leaves ${file} as it was`);
  await writeFile(file, after);
}

/** Writes the present sums and size of a file into the lists of an unsigned .changes. */
export async function relist(changes: string, file: string): Promise<void> {
  const content = await readFile(file);
  const name = basename(file).replaceAll(/[.+~]/g, "\\$&");
  const sum = (algorithm: string) => createHash(algorithm).update(content).digest("hex");
  const line = new RegExp(`^ ([0-9a-f]{32,64}) \\d+ (.*${name})$`, "gm");
  const algorithms: Record<number, string> = { 32: "md5", 40: "sha1", 64: "sha256" };
  await rewriteFile(changes, (text) =>
    text.replace(line, (_all, old: string, rest: string) => {
      return ` ${sum(algorithms[old.length] ?? "sha256")} ${content.length} ${rest}`;
    }),
  );
}

/** Other content of the same size. */
export async function changeOneByte(file: string): Promise<void> {
  const content = await readFile(file);
  const middle = Math.floor(content.length / 2);
  content[middle] = (content[middle] ?? 0) ^ 1;
  await writeFile(file, content);
}
