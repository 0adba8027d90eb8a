/** What is on disk of an index: itself, `.gz`, `.xz`. */
export type IndexForm = "plain" | "gz" | "xz";

/** A piece of an index: whole stanzas or lines, with the forms in which clients may ask for them. */
export interface ChunkRef {
  /** Of the text, 64 lower-case hex digits; names the chunk. */
  readonly sha256: string;
  readonly textBytes: number;
  /** One whole gzip member (RFC 1952); 0: not packed in this form. */
  readonly gzBytes: number;
  /** One block of an .xz stream, padded to a multiple of four bytes; 0: not packed in this form. */
  readonly xzBytes: number;
  readonly xzUnpaddedBytes: number;
}

/** A packed text. A form that nobody asked for yet is undefined. */
export interface PackedForms {
  readonly gz: Buffer | undefined;
  /** Padded block. */
  readonly xz: Buffer | undefined;
  /** 0 without xz. */
  readonly xzUnpaddedBytes: number;
}

/** A chunk as it is kept. */
export interface Chunk {
  readonly ref: ChunkRef;
  readonly text: Buffer;
  readonly gz: Buffer | undefined;
  readonly xz: Buffer | undefined;
}

export interface ChunkStore {
  /**
   * Packs the texts that are not kept yet, and keeps them. The same text gives the same chunk whatever else is packed
   * with it. Order of the result = order of the texts.
   * @param formsOf what the text at a position will be asked for in; more may be kept. Default: all forms
   * @throws MbdError tool_missing, tool_failed (xz)
   */
  ensure(texts: readonly Buffer[], formsOf?: (position: number) => readonly IndexForm[]): Promise<ChunkRef[]>;
  /** Text of a kept chunk; undefined when the cache lost it. */
  text(ref: ChunkRef): Promise<Buffer | undefined>;
  /** All forms of a kept chunk; undefined when the cache lost it, or holds it damaged. */
  read(ref: ChunkRef): Promise<Chunk | undefined>;
  /**
   * Removes chunks (by SHA-256) that are not in `used` and were not ensured or read for `graceSeconds`; returns how
   * many. Use is noted once a day, so they may stay a day longer, and none in use within the grace time goes. What
   * killed processes left half-written goes after a day.
   */
  collect(used: ReadonlySet<string>, graceSeconds: number, now: Date): Promise<number>;
}

/** The cache lost a chunk: the index can be built again from rows, and only so. */
export class ChunkLost extends Error {
  readonly sha256: string;

  constructor(sha256: string) {
    super(`chunk ${sha256} is not in the cache any more`);
    this.name = "ChunkLost";
    this.sha256 = sha256;
  }
}
