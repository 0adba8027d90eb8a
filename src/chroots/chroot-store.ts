import type { Executor, Row, RowUpdate, Tx } from "#db";

export type Chroot = Row<"chroot">;

/** `mini-buildd-bookworm-amd64` */
export function chrootName(chroot: { readonly codename: string; readonly arch: string }): string {
  return `mini-buildd-${chroot.codename}-${chroot.arch}`;
}

/** Names of its blocks, in their order. */
export function blocksOf({ blocks }: Pick<Chroot, "blocks">): readonly string[] {
  return JSON.parse(blocks) as string[];
}

export async function listChroots(db: Executor): Promise<Chroot[]> {
  return await db.selectFrom("chroot").selectAll().orderBy("codename").orderBy("arch").execute();
}

export async function findChroot(db: Executor, codename: string, arch: string): Promise<Chroot | undefined> {
  const query = db.selectFrom("chroot").selectAll().where("codename", "=", codename);
  return await query.where("arch", "=", arch).executeTakeFirst();
}

/** Adds the row of a chroot that is yet to be made; one that is there stays as it is. */
export async function insertChroot(tx: Tx, codename: string, arch: string): Promise<void> {
  const none = { tarball: null, stamp: null, error: null, made_at: null, checked_at: null };
  await tx
    .insertInto("chroot")
    .values({ codename, arch, backend: "unshare", state: "missing", ...none })
    .onConflict((conflict) => conflict.columns(["codename", "arch"]).doNothing())
    .execute();
}

export async function updateChroot(
  tx: Tx,
  { codename, arch }: { readonly codename: string; readonly arch: string },
  update: RowUpdate<"chroot">,
): Promise<void> {
  await tx
    .updateTable("chroot")
    .set(update)
    .where("codename", "=", codename)
    .where("arch", "=", arch)
    .execute();
}
