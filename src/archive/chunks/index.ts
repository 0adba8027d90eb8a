export { assembleIndex } from "./assemble.ts";
export {
  CONTENTS_LINES_PER_CHUNK,
  isBorder,
  PACKAGES_NAMES_PER_CHUNK,
  SOURCES_NAMES_PER_CHUNK,
  splitAtBorders,
} from "./borders.ts";
export { createChunkStore } from "./chunk-store.ts";
export { type Chunk, ChunkLost, type ChunkRef, type ChunkStore, type IndexForm } from "./types.ts";
