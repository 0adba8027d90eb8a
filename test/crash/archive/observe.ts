import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { contentText } from "./states.ts";

/** What an apt client has of a distribution after an update. */
export interface Observation {
  /** Date of the InRelease. */
  readonly date: string;
  readonly content: string;
}

type Seen = { component: string; kind: string; name: string; version: string; arch: string };

/**
 * Reads the fetched indices of a distribution: Packages, Sources, and Contents, whose paths tell the version of each
 * package and so must agree with the others.
 * @throws when they do not
 */
export async function observe(
  lists: string,
  distribution: string,
  components: readonly string[],
  architecture: string,
): Promise<Observation | undefined> {
  const names = (await readdir(lists)).filter((name) => name.includes(`_dists_${distribution}_`));
  const read = async (ending: string) => {
    const name = names.find((each) => each.endsWith(`_dists_${distribution}_${ending}`));
    return name === undefined ? "" : await readFile(join(lists, name), "utf8");
  };
  const release = await read("InRelease");
  if (release === "") return undefined;
  const seen: Seen[] = [];
  for (const component of components) {
    const debs = stanzas(await read(`${component}_binary-${architecture}_Packages`), component, "deb");
    const udebs = await read(`${component}_debian-installer_binary-${architecture}_Packages`);
    const sources = stanzas(await read(`${component}_source_Sources`), component, "dsc");
    checkContents(await read(`${component}_Contents-${architecture}`), debs, `${distribution} ${component}`);
    seen.push(...debs, ...stanzas(udebs, component, "udeb"), ...sources);
  }
  return { date: /^Date: (.*)$/m.exec(release)?.[1] ?? "", content: contentText(seen) };
}

function stanzas(text: string, component: string, kind: string): Seen[] {
  return text
    .split("\n\n")
    .filter((stanza) => stanza.trim() !== "")
    .map((stanza) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(stanza)?.[1] ?? "?";
      const arch = kind === "dsc" ? "source" : field("Architecture");
      return { component, kind, name: field("Package"), version: field("Version"), arch };
    });
}

/** Each package of the tests installs `usr/share/<name>/<version>/content`. */
function checkContents(text: string, debs: readonly Seen[], where: string): void {
  const paths = [...text.matchAll(/^usr\/share\/([^/]+)\/([^/]+)\/content\s/gm)];
  const listed = new Set(paths.map(([, name, version]) => `${name} ${version}`));
  const expected = new Set(debs.map(({ name, version }) => `${name} ${version}`));
  const same = listed.size === expected.size && [...expected].every((line) => listed.has(line));
  if (!same) {
    const texts = [[...listed].join(", "), [...expected].join(", ")];
    throw new Error(`${where}: Contents lists ${texts[0]}; Packages lists ${texts[1]}`);
  }
}
