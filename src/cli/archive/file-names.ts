import { closeSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { errorText, MbdError } from "#platform";
import type { CliIo } from "../io.ts";
import type { ProcessOwner, UserIds } from "../owner.ts";
import { reachOfOwner } from "./owners-reach.ts";

/** Reads a list of names. */
export type ReadList = (path: string) => Promise<string>;

/**
 * Absolute names of the files that arguments mean: a name, `@LIST` (a file of names) or `-` (names on standard input),
 * one a line, or each ended by a NUL as `find -print0` does.
 */
export async function expandFileNames(
  words: readonly string[],
  io: CliIo,
  readList: ReadList = readOwn,
): Promise<string[]> {
  const names: string[] = [];
  for (const word of words) {
    // Not by spreading: a list may hold more names than a call takes arguments.
    for (const name of await namesOf(word, io, readList)) names.push(resolve(name));
  }
  if (names.length === 0)
    throw new MbdError("bad_argument", { argument: "file", reason: "no file is named" });
  return names;
}

async function namesOf(word: string, io: CliIo, readList: ReadList): Promise<string[]> {
  if (word === "-") return lines(await io.readInput());
  if (word.startsWith("@")) return lines(await readOrSay(readList, word.slice(1)));
  return [word];
}

function lines(text: string): string[] {
  return text.split(text.includes("\0") ? "\0" : /\r?\n/).filter((line) => line !== "");
}

async function readOrSay(readList: ReadList, path: string): Promise<string> {
  try {
    return await readList(path);
  } catch (error) {
    throw new MbdError("bad_argument", { argument: "file", reason: errorText(error) });
  }
}

const readOwn: ReadList = async (path) => await readFile(path, "utf8");

/** What this process has open itself, such as `@<(find …)` of a shell. */
const OPEN_HERE = /^\/(?:dev\/(?:stdin$|fd\/)|proc\/self\/fd\/)/;

/**
 * Root reads lists that the owner of the home could have led it to with the rights of that user: their lines become names
 * that the user learns.
 */
export function listsFor(owner: ProcessOwner, other: UserIds | undefined): ReadList {
  if (other === undefined) return readOwn;
  return async (path) => {
    if (OPEN_HERE.test(path)) return await readOwn(path);
    const { asOwner, open } = reachOfOwner(owner, other);
    const file = open(resolve(path));
    if (file === undefined) return asOwner('exec cat -- "$1"', [resolve(path)]);
    try {
      return readFileSync(file, "utf8");
    } finally {
      closeSync(file);
    }
  };
}
