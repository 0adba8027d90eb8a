import { createChunkStore } from "./chunk-store.ts";

// A process that a test kills: keeps ever more chunks in the store that is its argument, with names of its run in them.

const [dir = "", run = ""] = process.argv.slice(2);
const store = createChunkStore({ dir });
for (let i = 0; ; i += 1) {
  const texts = [0, 1, 2].map((part) => Buffer.from(`Package: ${run}-${i}-${part}\n`.repeat(5000)));
  await store.ensure(texts);
}
