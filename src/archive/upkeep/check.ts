import { MbdError } from "#platform";
import { checkDistribution, type DistributionCheckDeps } from "./check-distribution.ts";
import { checkPool, type PoolCheckDeps } from "./check-pool.ts";
import type { VerifyRelease } from "./check-release.ts";
import type { Finding } from "./finding.ts";
import { chosenDistributions } from "./republish.ts";

export type CheckDeps = DistributionCheckDeps & PoolCheckDeps;

export interface CheckProgress {
  readonly what: "pool" | "distributions";
  readonly done: number;
  /** 0 while it is not known. */
  readonly total: number;
}

export interface CheckOptions {
  /** Default: all. */
  readonly repository?: string;
  /** Mends what can be mended; tells of the rest. */
  readonly repair?: boolean;
  /** Compares content, not only sizes, and what clients see with what rows give: reads everything. */
  readonly full?: boolean;
  /** Without it, signatures are not looked at. */
  readonly verify?: VerifyRelease;
  readonly onProgress?: (progress: CheckProgress) => void;
  readonly signal?: AbortSignal;
}

export interface CheckReport {
  readonly findings: readonly Finding[];
  readonly distributions: number;
}

/** Compares rows, files and what clients see. May run at any time. @throws MbdError not_found */
export async function checkArchive(deps: CheckDeps, options: CheckOptions = {}): Promise<CheckReport> {
  const { repository, repair = false, full = false, verify, signal, onProgress } = options;
  const rows = (await chosenDistributions(deps.db.read, undefined)).filter(
    (row) => repository === undefined || row.repository === repository,
  );
  if (rows.length === 0 && repository !== undefined)
    throw new MbdError("not_found", { what: `Repository '${repository}'` });
  const findings: Finding[] = [];
  let pages = 0;
  for (const each of new Set(rows.map((row) => row.repository))) {
    const onStep = () => {
      signal?.throwIfAborted();
      pages += 1;
      onProgress?.({ what: "pool", done: pages, total: 0 });
    };
    findings.push(...(await checkPool(deps, each, { repair, full, onStep })));
  }
  for (const [index, row] of rows.entries()) {
    signal?.throwIfAborted();
    findings.push(...(await checkDistribution(deps, row.repository, row.name, { repair, full, verify })));
    onProgress?.({ what: "distributions", done: index + 1, total: rows.length });
  }
  return { findings, distributions: rows.length };
}
