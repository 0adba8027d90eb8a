import { type FormatPlace, formatError, quote } from "./errors.ts";
import { isFileName } from "./names.ts";

/** A line of `Checksums-Sha256`. The size is in bytes, the sum 64 lower-case hexadecimal digits. */
export interface Sha256File {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

/** A line of `Files` in a .dsc. */
export interface Md5File {
  readonly name: string;
  readonly size: number;
  readonly md5: string;
}

/** A line of `Files` in a .changes. */
export interface ChangesMd5File extends Md5File {
  readonly section: string;
  readonly priority: string;
}

/** Reads `Checksums-Sha256` (Policy 5.6.24). @throws FormatError also for an empty list or a name given twice. */
export function parseChecksumsSha256(value: string, place: FormatPlace): Sha256File[] {
  return parseList(value, place, 3).map(([sum = "", size = "", name = ""]) => ({
    name: checkName(name, place),
    size: parseSize(size, place),
    sha256: checkSum(sum, 64, place),
  }));
}

/** Reads `Files` of a .dsc (Policy 5.6.21): sum, size, name. @throws FormatError as {@link parseChecksumsSha256} */
export function parseDscFiles(value: string, place: FormatPlace): Md5File[] {
  return parseList(value, place, 3).map(([sum = "", size = "", name = ""]) => ({
    name: checkName(name, place),
    size: parseSize(size, place),
    md5: checkSum(sum, 32, place),
  }));
}

/** Reads `Files` of a .changes: sum, size, section, priority, name. @throws FormatError as {@link parseChecksumsSha256} */
export function parseChangesFiles(value: string, place: FormatPlace): ChangesMd5File[] {
  return parseList(value, place, 5).map(([sum = "", size = "", section = "", priority = "", name = ""]) => ({
    name: checkName(name, place),
    size: parseSize(size, place),
    md5: checkSum(sum, 32, place),
    section,
    priority,
  }));
}

/** Two lists of one document must name the same files with the same sizes; the order does not matter. */
export function checkSameFiles(
  first: readonly { name: string; size: number }[],
  second: readonly { name: string; size: number }[],
  place: FormatPlace,
): void {
  const sizes = new Map(second.map((file) => [file.name, file.size]));
  for (const { name, size } of first) {
    if (!sizes.has(name))
      throw formatError(place, `it lists ${quote(name)} in only one of its lists of files`);
    if (sizes.get(name) !== size)
      throw formatError(place, `its lists of files give ${quote(name)} different sizes`);
    sizes.delete(name);
  }
  for (const name of sizes.keys()) {
    throw formatError(place, `it lists ${quote(name)} in only one of its lists of files`);
  }
}

function parseList(value: string, place: FormatPlace, columns: number): string[][] {
  const [first = "", ...lines] = value.split("\n");
  if (first !== "") throw formatError(place, "the list must begin in the line below the field's name");
  if (lines.length === 0) throw formatError(place, "the list is empty");
  const seen = new Set<string>();
  return lines.map((line) => {
    const words = line.split(/[ \t]+/).filter((word) => word !== "");
    if (words.length !== columns)
      throw formatError(place, `${quote(line.trim())} does not have ${columns} columns`);
    const name = words.at(-1) ?? "";
    if (seen.has(name)) throw formatError(place, `${quote(name)} is listed twice`);
    seen.add(name);
    return words;
  });
}

function checkName(name: string, place: FormatPlace): string {
  if (!isFileName(name)) throw formatError(place, `${quote(name)} is not an allowed file name`);
  return name;
}

function parseSize(text: string, place: FormatPlace): number {
  const size = Number(text);
  if (!/^(?:0|[1-9][0-9]*)$/.test(text) || !Number.isSafeInteger(size)) {
    throw formatError(place, `${quote(text)} is not a file size`);
  }
  return size;
}

function checkSum(text: string, length: number, place: FormatPlace): string {
  if (text.length !== length || !/^[0-9a-f]*$/.test(text)) {
    throw formatError(place, `${quote(text)} is not a sum of ${length} lower-case hexadecimal digits`);
  }
  return text;
}
