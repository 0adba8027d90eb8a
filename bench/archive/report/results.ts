import type { Limit } from "../limit.ts";
import type { Machine } from "../machine.ts";
import type { Figure } from "../measure/figures.ts";
import type { MetadataResult } from "../metadata/result.ts";
import type { Peer } from "../peers/peer.ts";

/** All that one run found out. */
export interface Results {
  readonly machine: Machine;
  readonly programs: readonly Pick<Peer, "name" | "version" | "configuration" | "indexSets">[];
  readonly figures: readonly Figure[];
  readonly limits: readonly Limit[];
  readonly metadata: MetadataResult | undefined;
}
