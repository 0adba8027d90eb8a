import type { ReleaseFields } from "../release-file.ts";
import type { ArchiveDistribution, DistributionOptions } from "../types.ts";
import { type ContentsDeps, changeContents, contentsChange } from "./contents-index.ts";
import { type ChunkEntry, type Draft, packDrafts } from "./drafts.ts";
import { belongsTo, type IndexLayout, type IndexRule, indexRules, isContents } from "./index-rules.ts";
import { layoutKey, type Manifest } from "./manifest.ts";
import { planAnew } from "./plan-anew.ts";
import { changeStanzas } from "./stanza-index.ts";
import { changesBetween, type State, type TouchedPackage } from "./state-store.ts";

/** A distribution as its row describes it. */
export interface Described {
  readonly row: ArchiveDistribution;
  readonly options: DistributionOptions;
  readonly layout: IndexLayout;
  readonly rules: readonly IndexRule[];
  readonly layoutKey: string;
}

/** @param keysPerChunk for tests: chunks so small that few packages make many */
export function describe(row: ArchiveDistribution, keysPerChunk?: number): Described {
  const options = JSON.parse(row.options) as DistributionOptions;
  const layout: IndexLayout = {
    fields: JSON.parse(row.release_fields) as ReleaseFields,
    components: JSON.parse(row.components) as string[],
    architectures: JSON.parse(row.architectures) as string[],
  };
  const rules = indexRules(layout, options).map((rule) =>
    keysPerChunk === undefined ? rule : { ...rule, keysPerChunk },
  );
  return { row, options, layout, rules, layoutKey: layoutKey(rules, options) };
}

/** The chunks of all indices, by path. */
export type ChunkPlan = ReadonlyMap<string, readonly ChunkEntry[]>;

/** A change of more packages than this is read as a whole. */
const MOST_CHANGES = 2000;

/**
 * What the indices of a distribution are made of at a publish: from those of another publish and what changed between
 * the two, where that is known and little; else from all rows. Both ways give the same.
 * @param base must be of the same layout
 * @throws ChunkLost (with a base only)
 */
export async function planState(
  deps: ContentsDeps & { readonly temporary: string },
  what: Described,
  at: number,
  base: Manifest | undefined,
): Promise<ChunkPlan> {
  const state: State = { db: deps.db, row: what.row, at };
  const changes = base === undefined ? undefined : await changesBetween(state, base.publish, MOST_CHANGES);
  if (base === undefined || changes === undefined) return await planAnew(deps, what, state);
  return await planChange(deps, what, state, base, changes);
}

async function planChange(
  deps: ContentsDeps,
  { rules, options, row }: Described,
  state: State,
  base: Manifest,
  changes: readonly TouchedPackage[],
): Promise<ChunkPlan> {
  const before: State = { db: deps.db, row, at: base.publish };
  const names = new Set(changes.map(({ name }) => name));
  const needed = rules.some((rule) => isContents(rule)) && names.size > 0;
  const contents = needed ? await contentsChange(before, state, names) : { before: [], after: [] };
  const plan = new Map<string, readonly Draft[]>();
  for (const rule of rules) {
    const chunks = base.indices.get(rule.path)?.chunks ?? [];
    const touched = changes.filter((change) => belongsTo(rule, change));
    if (touched.length === 0) plan.set(rule.path, chunks);
    else if (isContents(rule)) plan.set(rule.path, await changeContents(deps, rule, chunks, contents));
    else {
      const own = new Set(touched.map(({ name }) => name));
      plan.set(rule.path, await changeStanzas(state, rule, options, chunks, own));
    }
  }
  const forms = new Map(rules.map((rule) => [rule.path, rule.forms]));
  return await packDrafts(deps.chunks, plan, (path) => forms.get(path) ?? []);
}
