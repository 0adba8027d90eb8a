import type { Executor, NewRow, Row, RowUpdate, Tx } from "#db";
import type { BlockPhase } from "./block.ts";

export type BlockRow = Row<"block">;

/** Own blocks that there are, without those that were removed. */
export async function listBlocks(db: Executor, phase?: BlockPhase): Promise<BlockRow[]> {
  const query = db.selectFrom("block").selectAll().where("removed", "=", 0).orderBy("name");
  return await (phase === undefined ? query : query.where("phase", "=", phase)).execute();
}

/** Also one that was removed. */
export async function findBlockRow(db: Executor, name: string): Promise<BlockRow | undefined> {
  return await db.selectFrom("block").selectAll().where("name", "=", name).executeTakeFirst();
}

export async function insertBlock(tx: Tx, row: NewRow<"block">): Promise<void> {
  await tx.insertInto("block").values(row).execute();
}

export async function updateBlock(tx: Tx, name: string, change: RowUpdate<"block">): Promise<void> {
  await tx.updateTable("block").set(change).where("name", "=", name).execute();
}

/** Who lists a block of a phase, as their settings name them: `bookworm-test`, `bookworm:amd64`. */
export async function usersOfBlock(db: Executor, phase: BlockPhase, name: string): Promise<string[]> {
  const lists = phase === "build" ? await distributionLists(db) : await chrootLists(db);
  return lists
    .filter(({ blocks }) => (JSON.parse(blocks) as string[]).includes(name))
    .map(({ user }) => user);
}

interface BlockList {
  readonly user: string;
  /** JSON list of names. */
  readonly blocks: string;
}

async function distributionLists(db: Executor): Promise<BlockList[]> {
  const rows = await db
    .selectFrom("distribution")
    .innerJoin("repository", "repository.id", "distribution.repository_id")
    .select(["distribution.codename", "repository.identity", "distribution.blocks"])
    .orderBy("distribution.id")
    .execute();
  return rows.map(({ codename, identity, blocks }) => ({ user: `${codename}-${identity}`, blocks }));
}

async function chrootLists(db: Executor): Promise<BlockList[]> {
  const rows = await db.selectFrom("chroot").select(["codename", "arch", "blocks"]).orderBy("id").execute();
  return rows.map(({ codename, arch, blocks }) => ({ user: `${codename}:${arch}`, blocks }));
}
