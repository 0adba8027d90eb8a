export type { BuildBlock, ChrootBlock } from "./block.ts";
export { BLOCK_PATTERNS, MAX_BLOCK_TEXT, OWN_BLOCK_FORMS } from "./block-rules.ts";
export { type BlockView, createBlocks, type OwnBlocks } from "./blocks.ts";
export { CACHE_MOUNT, EXTRA_CA } from "./built-in.ts";
export { extraCa } from "./extra-ca.ts";
export { blockNames, buildBlocks, chrootBlocks } from "./find-blocks.ts";
