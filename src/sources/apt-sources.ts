import { parseStanzas, type Stanza } from "#deb";

/** One suite line of apt's configuration (sources.list(5)), whichever way it was written. */
export interface AptSource {
  /** Ends with one slash. */
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** Key files, fingerprints, or an embedded key block, as written; empty if not given. */
  readonly signedBy: string;
  /** False where the administrator switched the check of `Valid-Until` off. */
  readonly checkValidUntil: boolean;
}

/**
 * Reads a deb822 `.sources` file. Disabled ones, those without `deb`, suites without components (flat repositories) and
 * URIs other than http and https are left out. @throws FormatError
 */
export function parseSourcesFile(text: string, what: string): AptSource[] {
  return parseStanzas(text, { what, comments: true }).flatMap(fromStanza);
}

function fromStanza(stanza: Stanza): AptSource[] {
  const words = (field: string): string[] => splitWords(stanza.get(field) ?? "");
  if (isNo(stanza.get("Enabled")) || !words("Types").includes("deb")) return [];
  const signedBy = stanza.get("Signed-By") ?? "";
  const checkValidUntil = !isNo(stanza.get("Check-Valid-Until"));
  const rest = { components: words("Components"), signedBy, checkValidUntil };
  return words("URIs").flatMap((uri) => words("Suites").flatMap((suite) => usable({ uri, suite, ...rest })));
}

/** Reads a one-line-style `.list` file; lines that are not understood are left out, as apt warns of them itself. */
export function parseListFile(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => fromLine(line.replace(/#.*/, "").trim()));
}

function fromLine(line: string): AptSource[] {
  const [, options = "", rest = ""] = /^deb\s+(?:\[([^\]]*)\]\s*)?(\S.*)$/.exec(line) ?? [];
  const [uri = "", suite = "", ...components] = splitWords(rest);
  const values = new Map(splitWords(options).map((option) => splitOption(option)));
  const signedBy = values.get("signed-by") ?? "";
  return usable({
    uri,
    suite,
    components,
    signedBy,
    checkValidUntil: !isNo(values.get("check-valid-until")),
  });
}

function usable(source: AptSource): AptSource[] {
  if (!/^https?:\/\/[^/]/.test(source.uri) || source.uri.includes("$(")) return [];
  if (source.suite === "" || source.suite.endsWith("/") || source.components.length === 0) return [];
  return [{ ...source, uri: `${source.uri.replace(/\/+$/, "")}/` }];
}

function splitOption(option: string): [string, string] {
  const [name = "", ...value] = option.split("=");
  return [name.toLowerCase(), value.join("=")];
}

function splitWords(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** The words apt takes for no (apt.conf(5)). */
function isNo(value: string | undefined): boolean {
  return ["no", "false", "without", "off", "disable", "0"].includes(value?.toLowerCase() ?? "");
}
