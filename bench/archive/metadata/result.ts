import type { Spread } from "../measure/statistics.ts";

export interface MetadataResult {
  readonly stanzas: number;
  /** Of all stanzas together. */
  readonly textBytes: number;
  readonly firstPublishMs: number;
  readonly publish: readonly { readonly mode: string; readonly time: Spread; readonly peakBytes: number }[];
}
