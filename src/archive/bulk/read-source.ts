import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { componentOfDsc, type Dsc, FormatError, isComponent, parseDsc } from "#deb";
import { type BlobBatch, MbdError } from "#platform";
import { digestFile } from "../compress.ts";
import { sourcePackage } from "../prepare.ts";
import { badDsc } from "../prepare-shared.ts";
import type { SourceFileFacts } from "../stanza.ts";
import type { LocalFile, PreparedPackage } from "../types.ts";
import { SMALL_BYTES } from "./read-debs.ts";
import type { StoredFile } from "./stored-file.ts";

/** A .dsc with its text. */
export interface ReadDsc {
  readonly dsc: Dsc;
  readonly name: string;
  readonly bytes: Buffer;
}

export const MAX_DSC_BYTES = 4 * 1024 * 1024;

/** @throws MbdError bad_dsc */
export function readDsc(name: string, bytes: Buffer): ReadDsc {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return { dsc: parseDsc(text, name), name, bytes };
  } catch (error) {
    if (error instanceof FormatError) throw badDsc(name, error);
    throw new MbdError("bad_dsc", { dsc: name, reason: "it is not UTF-8" }, { cause: error });
  }
}

export function componentOfSource(dsc: Dsc, section: string | undefined): string {
  const component = componentOfDsc(dsc, section);
  return isComponent(component) ? component : "main";
}

/** The bytes of a file of a source package, or where they are; undefined when they are nowhere. */
export type FindFile = (name: string, sha256: string) => Promise<Buffer | StoredFile | string | undefined>;

/**
 * Checks the files of a source package against its .dsc and gives them to the batch.
 * @throws MbdError source_incomplete, bad_dsc
 */
export async function readSource(
  batch: BlobBatch,
  { dsc, name, bytes }: ReadDsc,
  options: {
    readonly component: string;
    readonly find: FindFile;
    /** Where the archive it comes from says otherwise than the .dsc. */
    readonly section?: { readonly section: string; readonly priority: string } | undefined;
  },
): Promise<PreparedPackage> {
  const facts: SourceFileFacts[] = [{ name, ...storeBytes(batch, bytes) }];
  for (const listed of dsc.files) {
    const found = await options.find(listed.name, listed.sha256);
    if (found === undefined) throw new MbdError("source_incomplete", { file: listed.name, dsc: name });
    const stored = await storeFile(batch, found);
    if (stored.sha256 !== listed.sha256 || stored.sizeBytes !== listed.size) {
      batch.drop(stored.sha256);
      const reason = `it lists ${listed.name} with SHA256 ${listed.sha256}, but the file has ${stored.sha256}`;
      throw new MbdError("bad_dsc", { dsc: name, reason });
    }
    facts.push({ name: listed.name, ...stored });
  }
  return sourcePackage(dsc, options.component, facts, options.section);
}

type Stored = Omit<SourceFileFacts, "name">;

function storeBytes(batch: BlobBatch, bytes: Buffer): Stored {
  const sum = (name: string) => createHash(name).update(bytes).digest("hex");
  const sha256 = sum("sha256");
  batch.add(sha256, bytes);
  return { sha256, sizeBytes: bytes.length, md5: sum("md5") };
}

async function storeFile(batch: BlobBatch, found: Buffer | StoredFile | string): Promise<Stored> {
  if (Buffer.isBuffer(found)) return storeBytes(batch, found);
  if (typeof found === "string") {
    const { size } = await stat(found);
    if (size <= SMALL_BYTES) return storeBytes(batch, await readFile(found));
  }
  const { sha256, sizeBytes, path } =
    typeof found === "string" ? await batch.put(createReadStream(found), { name: basename(found) }) : found;
  const { md5 = "" } = await digestFile(path, { md5: true, sha1: false });
  return { sha256, sizeBytes, md5 };
}

/** Gives a file that goes with a release to the batch. */
export async function storeLoose(batch: BlobBatch, path: string): Promise<LocalFile> {
  const { sha256, sizeBytes } = await batch.put(createReadStream(path), { name: basename(path) });
  return { name: basename(path), sha256, sizeBytes };
}
