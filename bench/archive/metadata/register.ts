import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { performance } from "node:perf_hooks";
import { createArchive, type PreparedPackage } from "#archive";
import { openSqlite } from "#db";
import { openInstanceKey } from "#keys";
import { createBlobStore, exec, homeAt, silentLog, systemClock } from "#platform";

/**
 * Puts packages without payload into a distribution, past the commands, which want files. Each file is empty in the
 * store. Returns how long the publish of all took. Nobody else may use the home meanwhile.
 */
export async function registerPackages(
  root: string,
  place: { readonly repository: string; readonly distribution: string },
  packages: readonly PreparedPackage[],
): Promise<number> {
  const home = homeAt(root);
  const blobs = createBlobStore(home.store);
  await writeEmptyFiles(packages.map(({ files: [file] }) => blobs.path(file?.sha256 ?? "")));
  const db = await openSqlite(home.database);
  const names = { identity: "bench", hostname: "localhost" };
  const signer = await openInstanceKey({ home, exec, clock: systemClock, ...names });
  try {
    const queue = { enqueue: async () => undefined };
    const archive = createArchive({ db, home, blobs, signer, queue, clock: systemClock, log: silentLog });
    const { repository, distribution } = place;
    await db.write((tx) => archive.apply(tx, { kind: "add", distribution, component: "main", packages }));
    const start = performance.now();
    await archive.publish(repository, distribution);
    return performance.now() - start;
  } finally {
    await signer.close();
    await db.close();
  }
}

async function writeEmptyFiles(paths: readonly string[]): Promise<void> {
  for (const dir of new Set(paths.map((path) => dirname(path)))) await mkdir(dir, { recursive: true });
  for (const path of paths) await writeFile(path, "");
}
