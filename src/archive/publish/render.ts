import { mkdir } from "node:fs/promises";
import { removeTree } from "#platform";
import { ChunkLost } from "../chunks/index.ts";
import type { Digests } from "../release-file.ts";
import type { ArchiveDistribution } from "../types.ts";
import type { ContentsDeps } from "./contents-index.ts";
import type { Manifest } from "./manifest.ts";
import { describe, planState } from "./plan-state.ts";
import { type RenderBase, writeState } from "./write-state.ts";

export interface RenderDeps extends ContentsDeps {
  /** Directory for temporary files. */
  readonly temporary: string;
  /** For tests: chunks so small that few packages make many. */
  readonly keysPerChunk?: number;
}

/**
 * Writes all indices of a state of a distribution into `dir`, with by-hash names; no Release. Content is synced,
 * directories are not (see `syncTree`). The state may be earlier or later than that of `from`.
 * @param row says components, architectures, options and fields; a snapshot hands in its own names
 * @param at publish number of the state
 * @param dir empty or missing
 * @param from indices of another state of the same rows: what is common is not written again
 */
export async function renderState(
  deps: RenderDeps,
  row: ArchiveDistribution,
  at: number,
  dir: string,
  from: RenderBase | undefined,
): Promise<{ files: ReadonlyMap<string, Digests>; manifest: Manifest }> {
  const what = describe(row, deps.keysPerChunk);
  const render = async (base: RenderBase | undefined) => {
    await mkdir(dir, { recursive: true });
    const plan = await planState(deps, what, at, base?.manifest);
    const { files, indices } = await writeState(deps.chunks, what, plan, dir, base);
    return { files, manifest: { publish: at, layout: what.layoutKey, contentSha256: "", indices } };
  };
  try {
    return await render(from?.manifest.layout === what.layoutKey ? from : undefined);
  } catch (error) {
    if (!(error instanceof ChunkLost)) throw error;
    await removeTree(dir);
    return await render(undefined);
  }
}
