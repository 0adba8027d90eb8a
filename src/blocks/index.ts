export type { BlockPhase, BuildBlock, ChrootBlock } from "./block.ts";
export { BLOCK_PATTERNS, MAX_BLOCK_TEXT, OWN_BLOCK_FORMS } from "./block-rules.ts";
export { type BlockPart, type BlockView, blockPhase, createBlocks, type OwnBlocks } from "./blocks.ts";
export { CACHE_MOUNT, DEFAULT_CHROOT_BLOCKS } from "./built-in.ts";
export { blockNames, buildBlocks, chrootBlocks } from "./find-blocks.ts";
