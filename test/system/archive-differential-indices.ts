import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";

/** Stanzas by `package version architecture`; each as fields by lower-case name, without spaces at line ends. */
export type Stanzas = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** Reads Packages or Sources; a parser of its own, since ours is on trial. @throws Error when a stanza is there twice */
export function parseIndex(text: string): Stanzas {
  const stanzas = new Map<string, Record<string, string>>();
  for (const block of text.split("\n\n").filter((each) => each.trim() !== "")) {
    const fields: Record<string, string> = {};
    let name = "";
    for (const line of block.replace(/^\n+|\n+$/g, "").split("\n")) {
      if (/^[ \t]/.test(line)) fields[name] += `\n${line.trimEnd()}`;
      else {
        const colon = line.indexOf(":");
        name = line.slice(0, colon).toLowerCase();
        if (name in fields) throw new Error(`the field '${name}' is there twice:\n${block}`);
        fields[name] = line.slice(colon + 1).trim();
      }
    }
    const key = `${fields.package} ${fields.version} ${fields.architecture}`;
    if (stanzas.has(key)) throw new Error(`${key} is there twice`);
    stanzas.set(key, fields);
  }
  return stanzas;
}

/** The same without some fields. */
export function without(stanzas: Stanzas, names: readonly string[]): Stanzas {
  return new Map(
    [...stanzas].map(([key, fields]) => [
      key,
      Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name))),
    ]),
  );
}

/** Owners by path, in order; `section/name`, or the name alone where `names` is given. */
export type Owners = ReadonlyMap<string, readonly string[]>;

export function parseContents(text: string, options: { readonly names?: true } = {}): Owners {
  const lines = text.split("\n").filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const [, path = "", list = ""] = /^(.*\S)\s+(\S+)$/.exec(line) ?? [];
      const owners = list.split(",").map((owner) => (options.names ? owner.replace(/^.*\//, "") : owner));
      return [path, owners.sort()];
    }),
  );
}

export async function readGz(path: string): Promise<string> {
  return gunzipSync(await readFile(path)).toString();
}
