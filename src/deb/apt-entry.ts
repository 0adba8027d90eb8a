/** Texts of sources.list(5), both formats. */

export type AptKey =
  | { readonly kind: "inline"; readonly armored: string }
  | { readonly kind: "path"; readonly path: string }
  /** Of keys that the client has to trust already. */
  | { readonly kind: "fingerprints"; readonly fingerprints: readonly string[] }
  | { readonly kind: "none" };

export interface AptEntry {
  /** `deb`, `deb-src` */
  readonly types: readonly string[];
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  readonly architectures: readonly string[];
  /** `name=value` with the names of the one-line format. */
  readonly options: readonly string[];
  readonly key: AptKey;
}

/** Names of options that are not just capitalised in deb822 (sources.list(5), OPTIONS). */
const FIELD_OF: Readonly<Record<string, string>> = {
  arch: "Architectures",
  lang: "Languages",
  target: "Targets",
  pdiffs: "PDiffs",
  "inrelease-path": "InRelease-Path",
};

/** A stanza of a .sources file, ends with a newline. */
export function formatDeb822(entry: AptEntry): string {
  const options = entry.options.map(splitOption);
  const fields: [string, string][] = [
    ["Types", entry.types.join(" ")],
    ["URIs", entry.uri],
    ["Suites", entry.suites.join(" ")],
    ["Components", entry.components.join(" ")],
  ];
  if (!options.some(([name]) => name === "arch"))
    fields.push(["Architectures", entry.architectures.join(" ")]);
  for (const [name, value] of options) fields.push([fieldName(name), value.replaceAll(",", " ")]);
  const signedBy = entry.key.kind === "inline" ? inlineKey(entry.key.armored) : keyName(entry.key);
  if (signedBy !== undefined) fields.push(["Signed-By", signedBy]);
  return fields.map(([name, value]) => `${name}:${value.startsWith("\n") ? "" : " "}${value}\n`).join("");
}

/** One line for each type and suite, each ends with a newline. */
export function formatOneLine(entry: AptEntry): string {
  const options = entry.options.some((option) => option.startsWith("arch="))
    ? [...entry.options]
    : [`arch=${entry.architectures.join(",")}`, ...entry.options];
  const signedBy = keyName(entry.key);
  if (signedBy !== undefined) options.push(`signed-by=${signedBy}`);
  return entry.types
    .flatMap((type) =>
      entry.suites.map(
        (suite) => `${type} [${options.join(" ")}] ${entry.uri} ${suite} ${entry.components.join(" ")}\n`,
      ),
    )
    .join("");
}

function splitOption(option: string): [string, string] {
  const at = option.indexOf("=");
  return [option.slice(0, at), option.slice(at + 1)];
}

function fieldName(name: string): string {
  const capitalised = name.replace(
    /(^|-)([a-z])/g,
    (_all, dash: string, letter: string) => dash + letter.toUpperCase(),
  );
  return FIELD_OF[name] ?? capitalised;
}

/** What both formats can say; unlike other lists, fingerprints have commas between them in both. */
function keyName(key: AptKey): string | undefined {
  if (key.kind === "path") return key.path;
  return key.kind === "fingerprints" ? key.fingerprints.join(",") : undefined;
}

/** A continuation of deb822: each line begins with a blank, an empty one is a dot. */
function inlineKey(armored: string): string {
  const lines = armored.trim().split(/\r?\n/);
  return `\n${lines.map((line) => (line.trim() === "" ? " ." : ` ${line}`)).join("\n")}`;
}
