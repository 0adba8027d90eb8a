import {
  CONTENTS_LINES_PER_CHUNK,
  type IndexForm,
  PACKAGES_NAMES_PER_CHUNK,
  SOURCES_NAMES_PER_CHUNK,
} from "../chunks/index.ts";
import { componentReleaseText, type ReleaseFields } from "../release-file.ts";
import type { DistributionOptions } from "../types.ts";

/** What an index holds, and of which packages. */
export type Family =
  | "packages"
  | "installer"
  | "sources"
  | "translation"
  | "contents"
  | "contents-udeb"
  | "contents-source";

/** An index of a distribution: which packages are in it, and how it lies on disk. */
export interface IndexRule {
  /** Uncompressed name below dists/<distribution>, e.g. main/binary-amd64/Packages. */
  readonly path: string;
  readonly family: Family;
  readonly component: string;
  /** Kinds of packages (see PackageKind). */
  readonly kinds: readonly string[];
  /** Packages of these architectures are in it; empty: of all. */
  readonly arches: readonly string[];
  readonly forms: readonly IndexForm[];
  /** Average number of keys (package names, paths) from one border of chunks to the next. */
  readonly keysPerChunk: number;
  /** Only there when one of its family and component has content. */
  readonly onDemand: boolean;
}

export interface IndexLayout {
  readonly fields: ReleaseFields;
  readonly components: readonly string[];
  /** As Release lists them. */
  readonly architectures: readonly string[];
}

const DEB = ["deb", "ddeb"];
const UDEB = ["udeb"];
const SOURCE = ["dsc"];

/**
 * All indices that a distribution may have (https://wiki.debian.org/DebianRepository/Format). Every component has
 * Packages for each architecture, empty ones too, since apt asks for what Release promises; packages of architecture
 * `all` are in each. Indices of the installer are there where a component has udebs. Contents exist only compressed
 * by gzip, translations only by xz: that is what clients ask for.
 */
export function indexRules(layout: IndexLayout, options: DistributionOptions): IndexRule[] {
  const packed: IndexForm[] = options.plain === true ? ["plain", "gz", "xz"] : ["gz", "xz"];
  const rules: IndexRule[] = [];
  for (const component of layout.components) {
    const add = (path: string, more: Pick<IndexRule, "family" | "kinds" | "arches"> & Partial<IndexRule>) =>
      rules.push({
        path: `${component}/${path}`,
        component,
        forms: packed,
        keysPerChunk: PACKAGES_NAMES_PER_CHUNK,
        onDemand: false,
        ...more,
      });
    const contents = { forms: ["gz"] as const, keysPerChunk: CONTENTS_LINES_PER_CHUNK };
    for (const arch of layout.architectures.filter((name) => name !== "all")) {
      const arches = [arch, "all"];
      add(`binary-${arch}/Packages`, { family: "packages", kinds: DEB, arches });
      const installer = { family: "installer" as const, kinds: UDEB, arches, onDemand: true };
      add(`debian-installer/binary-${arch}/Packages`, installer);
      if (options.contents === false) continue;
      add(`Contents-${arch}`, { family: "contents", kinds: DEB, arches, ...contents });
      const udebs = { family: "contents-udeb" as const, kinds: UDEB, arches, onDemand: true };
      add(`Contents-udeb-${arch}`, { ...udebs, ...contents });
    }
    const sources = { kinds: SOURCE, arches: [] };
    add("source/Sources", { family: "sources", ...sources, keysPerChunk: SOURCES_NAMES_PER_CHUNK });
    if (options.contents !== false)
      add("Contents-source", { family: "contents-source", ...sources, ...contents });
    if (options.translations === true) {
      add("i18n/Translation-en", { family: "translation", kinds: DEB, arches: [], forms: ["xz"] });
    }
  }
  return rules;
}

/** Those that a distribution shows: of the ones made on demand, all of a family and component or none. */
export function shownRules(rules: readonly IndexRule[], hasContent: (path: string) => boolean): IndexRule[] {
  const group = ({ family, component }: IndexRule) => `${family}/${component}`;
  const filled = new Set(rules.filter(({ path }) => hasContent(path)).map(group));
  return rules.filter((rule) => !rule.onDemand || filled.has(group(rule)));
}

/** Whether a package of that sort belongs to an index. */
export function belongsTo(
  rule: IndexRule,
  item: { readonly kind: string; readonly arch: string; readonly component: string },
): boolean {
  return (
    rule.component === item.component &&
    rule.kinds.includes(item.kind) &&
    (rule.arches.length === 0 || rule.arches.includes(item.arch))
  );
}

export function isContents(rule: IndexRule): boolean {
  return rule.family.startsWith("contents");
}

/** Directories that may hold indices. */
export function indexDirs(rules: readonly IndexRule[]): Set<string> {
  return new Set(rules.map(({ path }) => path.slice(0, path.lastIndexOf("/"))));
}

/** The small Release files beside Packages and Sources, by path. */
export function smallReleases({ fields, components, architectures }: IndexLayout): Map<string, string> {
  const places = [
    ...architectures.filter((arch) => arch !== "all").map((arch) => ({ arch, dir: `binary-${arch}` })),
    { arch: "source", dir: "source" },
  ];
  return new Map(
    components.flatMap((component) =>
      places.map(({ arch, dir }): [string, string] => [
        `${component}/${dir}/Release`,
        componentReleaseText(fields, component, arch),
      ]),
    ),
  );
}
