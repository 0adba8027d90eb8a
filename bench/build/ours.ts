import { type Instance, sendByFtp, waitForEnd } from "#testing";
import type { Upload } from "./sources.ts";

/** One upload through mini-buildd, in milliseconds. */
export interface OurTimes {
  /** From before the first byte is sent to when apt can install it. */
  readonly totalMs: number;
  /** Of that, sbuild and the lintian behind it. */
  readonly sbuildMs: number;
}

const BUILD_MS = 3_600_000;

export async function uploadAndWait(instance: Instance, upload: Upload): Promise<OurTimes> {
  const began = Date.now();
  await sendByFtp(instance.ftpPort, upload.files);
  const installed = await waitForEnd(instance, upload, "INSTALLED", BUILD_MS);
  const sql = "SELECT result FROM build WHERE packaging_id = ? AND state = 'BUILT'";
  const results = instance
    .rows(sql, installed.packaging)
    .map((row) => JSON.parse(String(row.result)) as { times: { sbuildMs: number } });
  const sbuildMs = results.reduce((sum, { times }) => sum + times.sbuildMs, 0);
  return { totalMs: Date.parse(installed.time) - began, sbuildMs };
}
