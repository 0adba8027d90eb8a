import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type DebEnding, type DebOutcome, debFileName, FormatError, parseStanza, readManyDebs } from "#deb";
import { type BlobBatch, MbdError } from "#platform";
import { digestFile, type WeakSums } from "../compress.ts";
import { checkDeb, debPackage } from "../prepare-deb.ts";
import { brokenDeb } from "../prepare-shared.ts";
import type { DebReader, PreparedPackage } from "../types.ts";
import type { StoredFile } from "./stored-file.ts";

/** A binary package to read: its bytes, or (large ones) its path, or where the batch or the store has it. */
export interface DebInput {
  readonly name: string;
  readonly content: Buffer | StoredFile | string;
  /** Where its bytes are known already: what they must be. */
  readonly expected?: { readonly sha256: string; readonly sizeBytes: number };
  /** Undefined: as `Section` says. */
  readonly component?: string | undefined;
  readonly overrides?: ReadonlyMap<string, string>;
}

export interface PreparedDeb {
  readonly component: string;
  readonly item: PreparedPackage;
}

export interface ReadDebsDeps {
  readonly readDeb: DebReader;
  readonly weak: WeakSums;
}

/** Files up to this size are held in memory and read many at a time. */
export const SMALL_BYTES = 1024 * 1024;

/**
 * Reads binary packages, and gives the good ones to the batch. The result is in the order given; a refused one leaves
 * nothing behind.
 */
export async function readDebs(
  deps: ReadDebsDeps,
  batch: BlobBatch,
  inputs: readonly DebInput[],
): Promise<(PreparedDeb | MbdError)[]> {
  const small = inputs.flatMap(({ name, content }) =>
    Buffer.isBuffer(content) ? [{ fileName: name, bytes: content }] : [],
  );
  const outcomes = (await readManyDebs(small)).values();
  const results: (PreparedDeb | MbdError)[] = [];
  for (const input of inputs) {
    results.push(
      Buffer.isBuffer(input.content)
        ? readSmall(deps, batch, input, input.content, outcomes.next().value)
        : await readLarge(deps, batch, input, input.content),
    );
  }
  return results;
}

function readSmall(
  { weak }: ReadDebsDeps,
  batch: BlobBatch,
  input: DebInput,
  bytes: Buffer,
  outcome: DebOutcome | undefined,
): PreparedDeb | MbdError {
  const sum = (name: string) => createHash(name).update(bytes).digest("hex");
  const file = {
    sha256: sum("sha256"),
    sizeBytes: bytes.length,
    ...(weak.md5 ? { md5: sum("md5") } : {}),
    ...(weak.sha1 ? { sha1: sum("sha1") } : {}),
  };
  if (outcome === undefined) throw new Error(`${input.name} was not read`);
  if (outcome instanceof FormatError) return brokenDeb(input.name, outcome);
  const made = prepared(input, outcome, file);
  if (!(made instanceof MbdError)) batch.add(file.sha256, bytes);
  return made;
}

async function readLarge(
  { readDeb, weak }: ReadDebsDeps,
  batch: BlobBatch,
  input: DebInput,
  content: StoredFile | string,
): Promise<PreparedDeb | MbdError> {
  const blob =
    typeof content === "string" ? await batch.put(createReadStream(content), { name: input.name }) : content;
  try {
    const deb = await readDeb(blob.path, { fileName: input.name });
    const stanza = parseStanza(deb.control, { what: input.name });
    const sums = weak.md5 || weak.sha1 ? await digestFile(blob.path, weak) : {};
    const { sha256, sizeBytes } = blob;
    const made = prepared(input, { stanza, paths: deb.paths }, { ...sums, sha256, sizeBytes });
    if (made instanceof MbdError) batch.drop(blob.sha256);
    return made;
  } catch (error) {
    batch.drop(blob.sha256);
    if (!(error instanceof FormatError)) throw error;
    return brokenDeb(input.name, error);
  }
}

function prepared(
  input: DebInput,
  read: Parameters<typeof checkDeb>[0],
  file: { sha256: string; sizeBytes: number; md5?: string; sha1?: string },
): PreparedDeb | MbdError {
  const { name, expected, overrides } = input;
  if (expected !== undefined && expected.sha256 !== file.sha256) {
    const reason = `its SHA256 is ${file.sha256}, not ${expected.sha256}`;
    return new MbdError("broken_deb", { file: name, reason });
  }
  try {
    // Whatever the file is called here: what is in it says what it is called in the pool.
    const deb = checkDeb(read);
    const poolName = debFileName({ ...deb.control, ending: endingOf(name) });
    const section = overrides?.get("Section") ?? deb.stanza.get("Section") ?? "";
    const component = input.component ?? componentOf(section);
    const item = debPackage({
      deb,
      file: { ...file, name: poolName },
      component,
      ...(overrides === undefined ? {} : { overrides }),
    });
    return { component, item };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return brokenDeb(name, error);
  }
}

function endingOf(name: string): DebEnding {
  const ending = (["udeb", "ddeb"] as const).find((other) => name.endsWith(`.${other}`));
  return ending ?? "deb";
}

/** `contrib/utils` is of contrib (Policy 2.4). */
function componentOf(section: string): string {
  return /^([a-z][a-z0-9-]{0,31})\//.exec(section)?.[1] ?? "main";
}
