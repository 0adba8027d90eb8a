import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { makeSigningKey } from "../peers/key.ts";
import { createOurs, homeOfOurs } from "../peers/ours.ts";
import { DISTRIBUTIONS } from "../peers/peer.ts";
import { runPublishes, type SeriesOptions } from "../series.ts";
import { proveByApt } from "../verify.ts";
import { registerPackages } from "./register.ts";
import type { MetadataResult } from "./result.ts";
import { packageOf, readAptStanzas } from "./stanzas.ts";

export interface MetadataOptions extends Omit<SeriesOptions, "packages" | "log"> {
  readonly work: string;
  readonly checkout: string;
}

/** Our program with the stanzas of a whole release. The peers cannot take packages without their files. */
export async function measureMetadata(options: MetadataOptions): Promise<MetadataResult> {
  const { work, checkout, say } = options;
  const dir = join(work, "metadata");
  await mkdir(dir);
  const place = { dir, key: await makeSigningKey(dir) };
  const stanzas = await readAptStanzas();
  const peer = await createOurs(place, checkout);
  try {
    await peer.create();
    say(`real metadata: ${stanzas.length} packages`);
    const start = performance.now();
    const packages = stanzas.map(packageOf);
    const distribution = DISTRIBUTIONS.first;
    const firstPublishMs = await registerPackages(
      homeOfOurs(place),
      { repository: "bench", distribution },
      packages,
    );
    say(`real metadata: registered and published in ${((performance.now() - start) / 1000).toFixed(1)} s`);
    const { root, keyring } = peer;
    const count = packages.length;
    await proveByApt({ root, keyring, distribution, has: [], count, contents: true });
    const figures = await runPublishes(peer, {
      ...options,
      packages: count,
      log: join(work, "metadata.log"),
    });
    const textBytes = packages.reduce((sum, { stanza }) => sum + Buffer.byteLength(stanza) + 1, 0);
    const publish = figures.map(({ mode, time, peakBytes = 0 }) => ({ mode, time, peakBytes }));
    return { stanzas: count, textBytes, firstPublishMs, publish };
  } finally {
    await peer.close();
    await place.key.close();
    await rm(dir, { recursive: true });
  }
}
