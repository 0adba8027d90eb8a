import type { Executor } from "#db";
import { MbdError } from "#platform";
import type { BlockPhase, BuildBlock, ChrootBlock } from "./block.ts";
import { type BlockRow, listBlocks } from "./block-store.ts";
import { BUILD_BLOCKS, CHROOT_BLOCKS, EXTRA_CA } from "./built-in.ts";
import { extraCa } from "./extra-ca.ts";

/** Names of the blocks that come with the program. */
export function builtInNames(phase: BlockPhase): string[] {
  if (phase === "build") return BUILD_BLOCKS.map(({ block }) => block.name);
  return [...CHROOT_BLOCKS.map(({ block }) => block.name), EXTRA_CA];
}

/** Names of all blocks that a list of that phase can have, sorted. */
export async function blockNames(db: Executor, phase: BlockPhase): Promise<string[]> {
  return [...builtInNames(phase), ...(await listBlocks(db, phase)).map(({ name }) => name)].sort();
}

/** The blocks of a chroot's list, in its order. @throws MbdError not_found, Error of `extraCa` */
export async function chrootBlocks(
  db: Executor,
  names: readonly string[],
  certificates?: string,
): Promise<ChrootBlock[]> {
  const own = await listBlocks(db, "chroot");
  const find = async (name: string): Promise<ChrootBlock> => {
    if (name === EXTRA_CA) return await extraCa(certificates);
    const builtIn = CHROOT_BLOCKS.find(({ block }) => block.name === name)?.block;
    return builtIn ?? ownChrootBlock(named(own, name));
  };
  return await Promise.all(names.map(find));
}

/** The blocks of a distribution's list, in its order. @throws MbdError not_found */
export async function buildBlocks(db: Executor, names: readonly string[]): Promise<BuildBlock[]> {
  const own = await listBlocks(db, "build");
  return names.map(
    (name) => BUILD_BLOCKS.find(({ block }) => block.name === name)?.block ?? ownBuildBlock(named(own, name)),
  );
}

function named(rows: readonly BlockRow[], name: string): BlockRow {
  const row = rows.find((each) => each.name === name);
  if (row === undefined) throw new MbdError("not_found", { what: `Block '${name}'` });
  return row;
}

export function ownChrootBlock({ name, version, text, packages }: BlockRow): ChrootBlock {
  return {
    ...{ name, version: String(version), text },
    packages: JSON.parse(packages) as string[],
  };
}

export function ownBuildBlock({ name, version, text, variables, path }: BlockRow): BuildBlock {
  return {
    ...{ name, version: String(version), text },
    variables: JSON.parse(variables) as Record<string, string>,
    path: JSON.parse(path) as string[],
    ...{ apt: {}, options: [], caches: [] },
  };
}
