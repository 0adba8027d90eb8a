import { splitAtBorders } from "../chunks/index.ts";
import type { DistributionOptions } from "../types.ts";
import { type ChunkEntry, type Draft, type NewChunk, replaceRanges, touchedRanges } from "./drafts.ts";
import type { IndexRule } from "./index-rules.ts";
import { comparePackages, type IndexedPackage } from "./package-order.ts";
import { packagesBetween, type State, weakSumsOf } from "./state-store.ts";
import { splitDescription, translationStanzas } from "./translation.ts";

/** Packages, Sources and Translation: indices of stanzas, cut by names of packages. */

export interface WeakPair {
  readonly md5: string | null;
  readonly sha1: string | null;
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

/** Sums for very old clients, in front of SHA256 where dpkg-scanpackages has them; none that are not known. */
function withWeakSums(stanza: string, options: DistributionOptions, sums: WeakPair | undefined): string {
  const md5 = options.md5 === true && typeof sums?.md5 === "string" ? `MD5sum: ${sums.md5}\n` : "";
  const sha1 = options.sha1 === true && typeof sums?.sha1 === "string" ? `SHA1: ${sums.sha1}\n` : "";
  return md5 + sha1 === ""
    ? stanza
    : stanza.replace(/^(?:MD5sum|SHA1): .*\n/gm, "").replace(/^SHA256: /m, `${md5}${sha1}$&`);
}

/** Weak sums where the distribution asks for them. */
export async function weakSumsFor(
  state: State,
  options: DistributionOptions,
  packages: readonly IndexedPackage[],
): Promise<ReadonlyMap<number, WeakPair> | undefined> {
  if (options.md5 !== true && options.sha1 !== true) return undefined;
  return await weakSumsOf(
    state.db,
    packages.map(({ id }) => id),
  );
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
