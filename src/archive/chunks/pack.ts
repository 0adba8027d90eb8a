import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type Exec, errorText, execOk, MbdError, removeTree } from "#platform";
import { takeApart } from "./xz-format.ts";

const gzipAsync = promisify(gzip);

export interface PackedForms {
  readonly gz: Buffer;
  /** Padded block. */
  readonly xz: Buffer;
  readonly xzUnpaddedBytes: number;
}

/** See README.md for what was measured. */
const GZIP_LEVEL = 9;
const XZ_FILTER = "--lzma2=preset=6,dict=1MiB";

/**
 * Packs texts (none of them empty), each by itself: gzip members by zlib, which writes neither name nor time, and
 * blocks by one xz with one thread, as more of them write other block headers. xz takes up its work anew at each
 * block, so what a text becomes does not depend on its neighbours.
 * @param dir for temporary files
 * @throws MbdError tool_missing, tool_failed
 */
export async function packTexts(exec: Exec, dir: string, texts: readonly Buffer[]): Promise<PackedForms[]> {
  const [members, blocks] = await Promise.all([
    Promise.all(texts.map((text) => gzipAsync(text, { level: GZIP_LEVEL }))),
    xzBlocks(exec, dir, texts),
  ]);
  return texts.map((_, i) => {
    const gz = members[i];
    const block = blocks[i];
    if (gz === undefined || block === undefined) throw new Error("a text was not packed");
    return { gz, xz: block.block, xzUnpaddedBytes: block.unpaddedBytes };
  });
}

async function xzBlocks(exec: Exec, dir: string, texts: readonly Buffer[]) {
  const work = await mkdtemp(join(dir, "xz-"));
  try {
    await writeFile(join(work, "texts"), texts, { flag: "wx" });
    const blockList = `--block-list=${texts.map(({ length }) => length).join(",")}`;
    const args = ["-T1", "--format=xz", "--check=crc64", XZ_FILTER, blockList, "--", "texts"];
    await execOk(exec, "xz", args, { cwd: work });
    return checked(takeApart(await readFile(join(work, "texts.xz"))), texts);
  } catch (error) {
    if (error instanceof MbdError) throw error;
    throw new MbdError("tool_failed", { tool: "xz", reason: errorText(error) }, { cause: error });
  } finally {
    await removeTree(work);
  }
}

function checked(blocks: ReturnType<typeof takeApart>, texts: readonly Buffer[]) {
  const asAsked =
    blocks.length === texts.length && blocks.every(({ textBytes }, i) => textBytes === texts[i]?.length);
  if (!asAsked) throw new Error("it made other blocks than asked for");
  return blocks;
}
