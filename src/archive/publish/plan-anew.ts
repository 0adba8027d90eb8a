import { type ChunkCollector, createChunkCollector } from "./chunk-collector.ts";
import { type ContentsDeps, ownerOf } from "./contents-index.ts";
import { contentsLine } from "./contents-lines.ts";
import { belongsTo, type IndexRule, isContents } from "./index-rules.ts";
import { createLineSorter, type LineSorter } from "./line-sorter.ts";
import { listedPaths } from "./path-lists-at.ts";
import type { ChunkPlan, Described } from "./plan-state.ts";
import { textOfName, weakSumsFor } from "./stanza-index.ts";
import { mainFiles, packagesByName, type State, type StatePackage } from "./state-store.ts";

/**
 * The indices of a distribution from all its rows, read once in order of names. Contents are in order of paths: their
 * lines are sorted meanwhile. Memory does not depend on the size of the distribution.
 */
export async function planAnew(
  deps: ContentsDeps & { readonly temporary: string },
  what: Described,
  state: State,
): Promise<ChunkPlan> {
  const stanzaRules = what.rules.filter((rule) => !isContents(rule));
  const contentsRules = what.rules.filter(isContents);
  const stanzas = createChunkCollector(deps.chunks, stanzaRules, "utf8");
  const sorter = createLineSorter(deps.temporary);
  try {
    const groups = createGroups(contentsRules);
    let open: StatePackage[] = [];
    for await (const packages of packagesByName(state)) {
      await addLines(deps, sorter, groups, packages);
      const all = [...open, ...packages];
      const last = all.at(-1)?.name;
      // More packages of the last name may follow.
      open = all.filter(({ name }) => name === last);
      await addStanzas(what, state, stanzaRules, stanzas, all.slice(0, all.length - open.length));
    }
    await addStanzas(what, state, stanzaRules, stanzas, open);
    const contents = await collectContents(deps, contentsRules, groups, sorter);
    return new Map([...(await stanzas.finish()), ...contents]);
  } finally {
    await sorter.close();
  }
}

/** Packages in order of names; all of a name are there. */
async function addStanzas(
  { options }: Described,
  state: State,
  rules: readonly IndexRule[],
  collector: ChunkCollector,
  packages: readonly StatePackage[],
): Promise<void> {
  const weak = await weakSumsFor(state, options, packages);
  for (let at = 0; at < packages.length; ) {
    const name = packages[at]?.name ?? "";
    const start = at;
    while (packages[at]?.name === name) at += 1;
    const same = packages.slice(start, at);
    for (const rule of rules) {
      const own = same.filter((item) => belongsTo(rule, item));
      if (own.length > 0) collector.add(rule, name, textOfName(rule, options, own, weak));
    }
  }
  await collector.drain();
}

/** Packages of one sort (kind, architecture, component) are in the same indices. */
interface Groups {
  /** Number of the group of a package, undefined when it is in no index. */
  numberOf(item: StatePackage): number | undefined;
  rulesOf(number: number): readonly IndexRule[];
}

function createGroups(rules: readonly IndexRule[]): Groups {
  const numbers = new Map<string, number>();
  const groups: IndexRule[][] = [];
  return {
    numberOf(item) {
      const key = `${item.kind} ${item.arch} ${item.component}`;
      const known = numbers.get(key);
      const number = known ?? groups.push(rules.filter((rule) => belongsTo(rule, item))) - 1;
      if (known === undefined) numbers.set(key, number);
      return groups[number]?.length === 0 ? undefined : number;
    },
    rulesOf: (number) => groups[number] ?? [],
  };
}

/** Lines `path NUL group NUL owner`: NUL is in none of them, and before all other bytes. */
async function addLines(
  deps: ContentsDeps,
  sorter: LineSorter,
  groups: Groups,
  packages: readonly StatePackage[],
): Promise<void> {
  const shown = packages.filter((item) => groups.numberOf(item) !== undefined);
  if (shown.length === 0) return;
  const files = await mainFiles(
    deps.db,
    shown.map(({ id }) => id),
  );
  const items = shown.flatMap((item) => {
    const sha256 = files.get(item.id);
    return sha256 === undefined ? [] : [{ ...item, sha256 }];
  });
  const lists = await listedPaths(deps, items);
  for (const item of items) {
    const end = `\0${groups.numberOf(item)}\0${ownerOf(item)}\n`;
    const lines = (lists.get(item.sha256) ?? []).map((path) => path + end);
    if (lines.length > 0) await sorter.add(lines.join(""));
  }
}

async function collectContents(
  deps: ContentsDeps,
  rules: readonly IndexRule[],
  groups: Groups,
  sorter: LineSorter,
): Promise<ChunkPlan> {
  const collector = createChunkCollector(deps.chunks, rules, "latin1");
  let path: string | undefined;
  let owners = new Map<IndexRule, Set<string>>();
  const endPath = () => {
    if (path === undefined) return;
    for (const [rule, names] of owners) collector.add(rule, path, contentsLine(path, names).line);
    owners = new Map();
  };
  for await (const lines of sorter.sorted()) {
    for (const line of lines) {
      const [own = "", group = "", owner = ""] = line.split("\0");
      if (own !== path) {
        endPath();
        path = own;
      }
      for (const rule of groups.rulesOf(Number(group))) {
        const names = owners.get(rule);
        if (names === undefined) owners.set(rule, new Set([owner]));
        else names.add(owner);
      }
    }
    await collector.drain();
  }
  endPath();
  return await collector.finish();
}
