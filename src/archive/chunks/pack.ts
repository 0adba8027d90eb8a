import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type Exec, errorText, execOk, inParallel, MbdError, removeTree } from "#platform";
import type { PackedForms } from "./types.ts";
import { takeApart, type XzTaken } from "./xz-format.ts";

const gzipAsync = promisify(gzip);

/** A text, not empty, and what is wanted of it. */
export interface ToPack {
  readonly text: Buffer;
  readonly gz: boolean;
  readonly xz: boolean;
}

/** Directories of xz at work start so. */
export const WORK_PREFIX = "xz-";

/** See README.md for what was measured. A change needs another version of records. */
const GZIP_LEVEL = 9;
const XZ_FILTER = "--lzma2=preset=5,lc=4,pb=0,dict=1MiB";

/**
 * Packs texts, each by itself: gzip members by zlib, which writes neither name nor time, and blocks by one xz with
 * one thread, as more of them write other block headers. xz takes up its work anew at each block, so what a text
 * becomes does not depend on its neighbours.
 * @param dir for temporary files
 * @throws MbdError tool_missing, tool_failed
 */
export async function packTexts(exec: Exec, dir: string, texts: readonly ToPack[]): Promise<PackedForms[]> {
  const members = new Map<ToPack, Buffer>();
  const forGz = texts.filter(({ gz }) => gz);
  const forXz = texts.filter(({ xz }) => xz);
  const zip = async (one: ToPack) => {
    members.set(one, await gzipAsync(one.text, { level: GZIP_LEVEL }));
  };
  const [ended, zipped] = await Promise.allSettled([
    forXz.length === 0 ? [] : xzBlocks(exec, dir, forXz),
    inParallel(forGz, zip),
  ]);
  if (ended.status === "rejected") throw ended.reason;
  if (zipped.status === "rejected") throw zipped.reason;
  const blocks = new Map(forXz.map((one, i) => [one, ended.value[i]]));
  return texts.map((one) => {
    const block = blocks.get(one);
    return { gz: members.get(one), xz: block?.block, xzUnpaddedBytes: block?.unpaddedBytes ?? 0 };
  });
}

async function xzBlocks(exec: Exec, dir: string, packs: readonly ToPack[]): Promise<XzTaken[]> {
  const texts = packs.map(({ text }) => text);
  const work = await mkdtemp(join(dir, WORK_PREFIX));
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

function checked(blocks: XzTaken[], texts: readonly Buffer[]): XzTaken[] {
  const asAsked =
    blocks.length === texts.length && blocks.every(({ textBytes }, i) => textBytes === texts[i]?.length);
  if (!asAsked) throw new Error("it made other blocks than asked for");
  return blocks;
}
