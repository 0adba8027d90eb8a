import type { Database, Tx } from "#db";
import { ago, type Seeded } from "./moment.ts";
import { seedArchive } from "./seed-archive.ts";
import { seedPipeline } from "./seed-pipeline.ts";

/**
 * An instance as one finds it on a working day: two repositories, packages on their way through the suites, builds
 * that run, wait, failed and were good, rejected uploads, an error that needs a look.
 */
export async function seed(db: Database): Promise<Seeded> {
  return await db.write(async (tx) => {
    await seedInstance(tx);
    await seedArchive(tx);
    return await seedPipeline(tx);
  });
}

async function seedInstance(tx: Tx): Promise<void> {
  await tx
    .insertInto("setting")
    .values([
      { name: "identity", value: "acme" },
      { name: "hostname", value: "packages.acme.example" },
      { name: "key_fingerprint", value: "8D5A2C3B4E6F708192A3B4C5D6E7F8091A2B3C4D" },
    ])
    .execute();
  await tx
    .insertInto("chroot")
    .values([
      chroot("bookworm", "amd64", "active", null),
      chroot("bookworm", "arm64", "stale", "mmdebstrap: the mirror answered 503 for InRelease"),
      chroot("trixie", "amd64", "active", null),
      { ...chroot("trixie", "arm64", "making", null), tarball: null },
    ])
    .execute();
}

function chroot(codename: string, arch: string, state: string, error: string | null) {
  const stamp = "20260303T030000Z";
  return {
    codename,
    arch,
    backend: "unshare",
    state,
    tarball: `${codename}-${arch}-${stamp}.tar.zst`,
    stamp,
    error,
    made_at: ago(3000),
    checked_at: ago(60),
  };
}
