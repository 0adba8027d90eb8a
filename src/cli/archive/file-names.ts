import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { errorText, MbdError } from "#platform";
import type { CliIo } from "../io.ts";

/**
 * Absolute names of the files that arguments mean: a name, `@LIST` (a file of names) or `-` (names on standard input),
 * one a line, or each ended by a NUL as `find -print0` does.
 */
export async function expandFileNames(words: readonly string[], io: CliIo): Promise<string[]> {
  const names: string[] = [];
  for (const word of words) {
    // Not by spreading: a list may hold more names than a call takes arguments.
    for (const name of await namesOf(word, io)) names.push(resolve(name));
  }
  if (names.length === 0)
    throw new MbdError("bad_argument", { argument: "file", reason: "no file is named" });
  return names;
}

async function namesOf(word: string, io: CliIo): Promise<string[]> {
  if (word === "-") return lines(await io.readInput());
  if (word.startsWith("@")) return lines(await readList(word.slice(1)));
  return [word];
}

function lines(text: string): string[] {
  return text.split(text.includes("\0") ? "\0" : /\r?\n/).filter((line) => line !== "");
}

async function readList(path: string): Promise<string> {
  return await readFile(path, "utf8").catch((error: unknown) => {
    throw new MbdError("bad_argument", { argument: "file", reason: errorText(error) });
  });
}
