import { splitAtBorders } from "../chunks/index.ts";
import type { DistributionOptions } from "../types.ts";
import { type ChunkEntry, type Draft, type NewChunk, replaceRanges, touchedRanges } from "./drafts.ts";
import type { IndexRule } from "./index-rules.ts";
import { comparePackages, type IndexedPackage } from "./package-order.ts";
import { packagesBetween, type State, sourceSha1sOf, weakSumsOf } from "./state-store.ts";
import { splitDescription, translationStanzas } from "./translation.ts";

/** Packages, Sources and Translation: indices of stanzas, cut by names of packages. */

export interface WeakPair {
  readonly md5: string | null;
  readonly sha1: string | null;
  /** Of a source: SHA-1 of each of its files, by name. */
  readonly files?: ReadonlyMap<string, string>;
}

/** The part of an index that packages of one name make; `packages` are those that belong to it, in any order. */
export function textOfName(
  rule: IndexRule,
  options: DistributionOptions,
  packages: readonly IndexedPackage[],
  weak?: ReadonlyMap<number, WeakPair>,
): string {
  const sorted = [...packages].sort(comparePackages);
  const name = sorted[0]?.name ?? "";
  const stanzas = sorted.map(({ stanza }) => stanza);
  if (rule.family === "translation") return translationStanzas(name, stanzas).join("");
  return sorted
    .map(({ id, stanza }) => {
      const summed = withWeakSums(stanza, options, weak?.get(id));
      const split = options.translations === true && rule.family === "packages";
      return `${split ? (splitDescription(summed)?.short ?? summed) : summed}\n`;
    })
    .join("");
}

/** Sums for very old clients, in front of SHA-256 where dpkg has them; none that are not known. */
function withWeakSums(stanza: string, options: DistributionOptions, sums: WeakPair | undefined): string {
  if (sums?.files !== undefined) return withSourceSums(stanza, sums.files);
  const md5 = options.md5 === true && typeof sums?.md5 === "string" ? `MD5sum: ${sums.md5}\n` : "";
  const sha1 = options.sha1 === true && typeof sums?.sha1 === "string" ? `SHA1: ${sums.sha1}\n` : "";
  return md5 + sha1 === ""
    ? stanza
    : stanza.replace(/^(?:MD5sum|SHA1): .*\n/gm, "").replace(/^SHA256: /m, `${md5}${sha1}$&`);
}

/** A list like that of SHA-256 (Policy 5.6.24), or none when one of the sums is not known. */
function withSourceSums(stanza: string, sha1s: ReadonlyMap<string, string>): string {
  return stanza.replace(/^Checksums-Sha256:\n((?: .*\n)+)/m, (strong, list: string) => {
    const lines = list.trimEnd().split("\n");
    const weak = lines.flatMap((line) => {
      const [, size = "", name = ""] = /^ [0-9a-f]{64} ([0-9]+) (.+)$/.exec(line) ?? [];
      const sha1 = sha1s.get(name);
      return sha1 === undefined ? [] : [` ${sha1} ${size} ${name}\n`];
    });
    return weak.length < lines.length ? strong : `Checksums-Sha1:\n${weak.join("")}${strong}`;
  });
}

/** Weak sums where the distribution asks for them. */
export async function weakSumsFor(
  state: State,
  options: DistributionOptions,
  packages: readonly IndexedPackage[],
): Promise<ReadonlyMap<number, WeakPair> | undefined> {
  if (options.md5 !== true && options.sha1 !== true) return undefined;
  const ids = packages.map(({ id }) => id);
  const sums = new Map<number, WeakPair>(await weakSumsOf(state.db, ids));
  if (options.sha1 === true)
    for (const [id, files] of await sourceSha1sOf(state.db, ids))
      sums.set(id, { md5: null, sha1: null, files });
  return sums;
}

/** An index after a change of packages with some names: only the chunks of these names are made again. */
export async function changeStanzas(
  state: State,
  rule: IndexRule,
  options: DistributionOptions,
  chunks: readonly ChunkEntry[],
  names: ReadonlySet<string>,
): Promise<Draft[]> {
  const replaced = [];
  for (const range of touchedRanges(chunks, names)) {
    const packages = await packagesBetween(state, rule, range);
    const weak = await weakSumsFor(state, options, packages);
    replaced.push({ range, chunks: cutStanzas(rule, options, packages, weak) });
  }
  return replaceRanges(chunks, replaced);
}

function cutStanzas(
  rule: IndexRule,
  options: DistributionOptions,
  packages: readonly IndexedPackage[],
  weak: ReadonlyMap<number, WeakPair> | undefined,
): NewChunk[] {
  const names = new Map<string, IndexedPackage[]>();
  for (const item of packages) {
    const own = names.get(item.name);
    if (own === undefined) names.set(item.name, [item]);
    else own.push(item);
  }
  const sorted = [...names].sort(([a], [b]) => (a < b ? -1 : 1));
  const texts = sorted
    .map(([name, own]) => ({ name, text: textOfName(rule, options, own, weak) }))
    .filter(({ text }) => text !== "");
  return splitAtBorders(texts, ({ name }) => name, rule.keysPerChunk).map(({ key, items }) => ({
    key,
    text: Buffer.from(items.map(({ text }) => text).join("")),
  }));
}
