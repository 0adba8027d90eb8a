import type { Database } from "#db";
import type { Events } from "#events";
import { latestTests, type PortRequest, portRequests } from "./port-store.ts";

/** How a test package ended in a distribution, or that it has not yet. */
export interface TestReport {
  readonly source: string;
  readonly target: string;
  readonly version: string;
  readonly bkey: string;
  readonly expected: string;
  readonly got?: string;
}

/** The newest report for each test package and distribution. */
export async function testReports({ read }: Database): Promise<TestReport[]> {
  return (await latestTests(read)).map(reportOf);
}

/** No build may take so long that somebody should still wait for it. */
const MAX_WAIT_MS = 6 * 3_600_000;

/** The reports of these requests, when all have ended. */
export async function waitForReports(
  { db, events }: { readonly db: Database; readonly events: Pick<Events, "onNew"> },
  bkeys: readonly string[],
): Promise<TestReport[]> {
  const late = AbortSignal.timeout(MAX_WAIT_MS);
  for (;;) {
    let wake = (): void => undefined;
    const told = new Promise<void>((resolve) => {
      wake = resolve;
    });
    // Before the look: nothing can end unseen between the two.
    const off = events.onNew(wake);
    late.addEventListener("abort", wake, { once: true });
    try {
      const reports = (await portRequests(db.read, bkeys)).map(reportOf);
      if (late.aborted || reports.every(({ got }) => got !== undefined)) return reports;
      await told;
    } finally {
      off();
      late.removeEventListener("abort", wake);
    }
  }
}

function reportOf({ source, target, version, bkey, expected, got }: PortRequest): TestReport {
  return { source, target, version, bkey, expected: expected ?? "", ...(got === null ? {} : { got }) };
}
