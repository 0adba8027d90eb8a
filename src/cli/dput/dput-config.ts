import { readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { hasCode, MbdError } from "#platform";
import type { CliIo } from "../io.ts";

/** Values of a target by key, those of `[DEFAULT]` among them; keys in small letters. */
export type DputTarget = Readonly<Record<string, string>>;
export type DputConfig = ReadonlyMap<string, DputTarget>;

/**
 * Targets of dput (dput.cf(5)) and dput-ng (profiles in JSON), the user's own before those of the machine. With `file`
 * that one alone.
 */
export async function readDputConfig(io: Pick<CliIo, "env">, file?: string): Promise<DputConfig> {
  if (file !== undefined) {
    const text = await readFile(file, "utf8").catch((error: unknown) => {
      const reason = hasCode(error, "ENOENT") ? "it does not exist" : "it cannot be read";
      throw new MbdError("bad_configuration", { reason: `${file}: ${reason}` });
    });
    return file.endsWith(".json") ? jsonTargets([[file, text]]) : parseDputCf(text, file);
  }
  const home = io.env.HOME ?? homedir();
  const configs: DputConfig[] = [];
  for (const path of ["/etc/dput.cf", join(home, ".dput.cf")])
    configs.push(parseDputCf(await textOf(path), path));
  for (const dir of ["/etc/dput.d/profiles", join(home, ".dput.d/profiles")])
    configs.push(jsonTargets(await jsonFiles(dir)));
  return new Map(configs.flatMap((config) => [...config]));
}

/** An ini file as Python's ConfigParser reads it: `key = value`, `key: value`, continuation lines, `#` and `;`. */
export function parseDputCf(text: string, file: string): DputConfig {
  const sections = new Map<string, Record<string, string>>();
  let section: Record<string, string> | undefined;
  let last: string | undefined;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:[#;]|$)/.test(line)) continue;
    const header = /^\[([^\]]+)\]\s*$/.exec(line);
    const pair = /^([^\s:=][^:=]*?)\s*[:=]\s*(.*?)\s*$/.exec(line);
    if (header !== null) {
      const name = header[1] ?? "";
      section = sections.get(name) ?? {};
      sections.set(name, section);
      last = undefined;
    } else if (/^\s/.test(line) && section !== undefined && last !== undefined) {
      section[last] = `${section[last]}\n${line.trim()}`;
    } else if (pair !== null && section !== undefined) {
      last = (pair[1] ?? "").toLowerCase();
      section[last] = pair[2] ?? "";
    } else
      throw new MbdError("bad_configuration", {
        reason: `${file}, line ${index + 1}: it is not KEY = VALUE`,
      });
  }
  const shared = sections.get("DEFAULT") ?? {};
  sections.delete("DEFAULT");
  return new Map([...sections].map(([name, values]) => [name, { ...shared, ...values }]));
}

async function jsonFiles(dir: string): Promise<[string, string][]> {
  const names = await readdir(dir).catch((error: unknown) => {
    if (hasCode(error, "ENOENT") || hasCode(error, "EACCES")) return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith(".json")).toSorted();
  return await Promise.all(
    files.map(async (name): Promise<[string, string]> => [join(dir, name), await textOf(join(dir, name))]),
  );
}

function jsonTargets(files: readonly [string, string][]): DputConfig {
  const targets = new Map(files.map(([path, text]) => [nameOf(path), jsonTarget(path, text)]));
  const shared = targets.get("DEFAULT") ?? {};
  targets.delete("DEFAULT");
  return new Map([...targets].map(([name, values]) => [name, { ...shared, ...values }]));
}

function nameOf(path: string): string {
  return path.replace(/^.*\//, "").replace(/\.json$/, "");
}

function jsonTarget(path: string, text: string): DputTarget {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, String(each)]));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new MbdError("bad_configuration", { reason: `${path}: it does not hold a JSON object` });
}

async function textOf(path: string): Promise<string> {
  return await readFile(path, "utf8").catch((error: unknown) => {
    if (hasCode(error, "ENOENT") || hasCode(error, "EACCES")) return "";
    throw error;
  });
}
