/**
 * The framing of a tar stream, checked before tar-stream reads it. tar-stream is lenient: it cuts names at NUL,
 * reads on behind the end marker, guesses numbers, applies pax headers. dpkg is not, and a listing that differs
 * from what dpkg installs is worthless. What passes here means the same to dpkg, GNU tar and tar-stream.
 */
export interface TarFrame {
  /** Checks the next bytes; throws what `fail` makes. */
  push(chunk: Uint8Array): void;
  /** To be called at the end of the stream: was the archive complete? */
  end(): void;
}

export interface TarFrameOptions {
  /** Longest name of a GNU long-name entry, in bytes. */
  readonly nameBytes: number;
  /** Largest size that an entry may claim, in bytes. */
  readonly entryBytes: number;
  /** Makes the error of a reason, which reads as "has an entry …". */
  readonly fail: (reason: string) => Error;
}

const BLOCK = 512;
// Entries without content. dpkg does not skip a body of theirs, GNU tar does.
const BODILESS = "123456";
// Contents may be of any size; 'L' and 'K' are GNU's long name and long link name of the next entry.
const TYPES = `\x000${BODILESS}LK`;

/** What they are, where they stand, and how many bytes the value has where it is binary. */
const NUMBERS = [
  ["mode", 100, 108, 4],
  ["user id", 108, 116, 4],
  ["group id", 116, 124, 4],
  ["time", 136, 148, 8],
] as const;

interface State {
  readonly block: Buffer;
  filled: number;
  /** Bytes of the body and of its padding still to come. */
  body: number;
  padding: number;
  /** Long name being collected, and which kinds already wait for their entry. */
  longName: { kind: string; bytes: Buffer; filled: number } | undefined;
  pending: string;
  ended: boolean;
}

/** A checker for one tar stream in v7, ustar or GNU format with long names (deb(5)). */
export function createTarFrame(options: TarFrameOptions): TarFrame {
  const state: State = {
    block: Buffer.alloc(BLOCK),
    filled: 0,
    body: 0,
    padding: 0,
    longName: undefined,
    pending: "",
    ended: false,
  };
  return {
    push: (chunk) => {
      let at = 0;
      while (at < chunk.length) at += consume(state, chunk.subarray(at), options);
    },
    end: () => {
      if (state.body > 0 || state.padding > 0 || state.filled > 0)
        throw options.fail("is cut off inside an entry");
      if (!state.ended) throw options.fail("is cut off: the end marker is missing");
    },
  };
}

/** Takes bytes from the front of `rest`, returns how many. */
function consume(state: State, rest: Uint8Array, options: TarFrameOptions): number {
  if (state.ended) {
    if (!isZero(rest)) throw options.fail("has data behind its end marker");
    return rest.length;
  }
  if (state.body > 0) {
    const taken = Math.min(state.body, rest.length);
    state.body -= taken;
    if (state.longName) collectName(state, state.longName, rest.subarray(0, taken), options);
    return taken;
  }
  if (state.padding > 0) {
    const taken = Math.min(state.padding, rest.length);
    state.padding -= taken;
    return taken;
  }
  const taken = Math.min(BLOCK - state.filled, rest.length);
  state.block.set(rest.subarray(0, taken), state.filled);
  state.filled += taken;
  if (state.filled === BLOCK) {
    state.filled = 0;
    readHeader(state, options);
  }
  return taken;
}

function readHeader(state: State, options: TarFrameOptions): void {
  const { block } = state;
  if (isZero(block)) {
    if (state.pending !== "") throw options.fail("ends with a long name that belongs to no entry");
    state.ended = true;
    return;
  }
  checkSum(block, options);
  const type = block.toString("latin1", 156, 157);
  if (!TYPES.includes(type))
    throw options.fail(`has an entry of type ${typeName(type)}, which dpkg does not know`);
  if (block[0] === 0) throw options.fail("has an entry without a name");
  checkNumbers(block, options);
  const size = entrySize(block, options);
  if (size > options.entryBytes) throw options.fail(`has an entry that claims ${size} bytes, too much`);
  if (BODILESS.includes(type) && size > 0) throw options.fail("has a link, device or directory with content");
  state.body = size;
  state.padding = (BLOCK - (size % BLOCK)) % BLOCK;
  if (type === "L" || type === "K") startName(state, type, size, options);
  else state.pending = "";
}

function isZero(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
}

function typeName(type: string): string {
  if (type === "x" || type === "g") return `"${type}" (pax)`;
  if (type === "S") return '"S" (sparse)';
  return /[!-~]/.test(type) ? `"${type}"` : `0x${type.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

function startName(state: State, kind: string, size: number, options: TarFrameOptions): void {
  if (state.pending.includes(kind)) throw options.fail("has two long names for one entry");
  // The stored name ends with a NUL.
  if (size > options.nameBytes + 1) throw options.fail(`has a name of more than ${options.nameBytes} bytes`);
  if (size < 2) throw options.fail("has an empty long name");
  state.pending += kind;
  state.longName = { kind, bytes: Buffer.alloc(size), filled: 0 };
}

function collectName(
  state: State,
  name: NonNullable<State["longName"]>,
  part: Uint8Array,
  options: TarFrameOptions,
): void {
  name.bytes.set(part, name.filled);
  name.filled += part.length;
  if (name.filled < name.bytes.length) return;
  state.longName = undefined;
  const nul = name.bytes.indexOf(0);
  if (nul === 0) throw options.fail("has an empty long name");
  // Without the final NUL, tar reads on into the padding.
  if (nul === -1) throw options.fail("has a long name without an end");
  if (nul !== name.bytes.length - 1) throw options.fail("has a name with a NUL byte inside");
}

function checkSum(block: Buffer, options: TarFrameOptions): void {
  const stored = octal(block.toString("latin1", 148, 156));
  let sum = 0;
  // The checksum field counts as eight spaces.
  for (let at = 0; at < BLOCK; at += 1) sum += at >= 148 && at < 156 ? 32 : (block[at] ?? 0);
  if (stored !== sum) throw options.fail("has an entry header with a wrong checksum");
}

/** Nobody here needs mode, owner and time, but dpkg refuses the package when they are no numbers. */
function checkNumbers(block: Buffer, options: TarFrameOptions): void {
  for (const [what, start, end, valueBytes] of NUMBERS) {
    const field = block.subarray(start, end);
    const isBinary = field[0] === 0x80 || (field[0] === 0xff && what === "time");
    const fits = isBinary ? fitsInto(field, valueBytes) : /^ *[0-7]*[ \0]*$/.test(field.toString("latin1"));
    if (!fits) throw options.fail(`has an entry with a malformed ${what}`);
  }
}

/** Whether nothing but the sign stands in front of the value. A time has one, ids and modes have none. */
function fitsInto(field: Buffer, valueBytes: 4 | 8): boolean {
  const sign = field[0] === 0xff ? 0xff : 0;
  const value = field.subarray(-valueBytes);
  const isFree = field.subarray(1, -valueBytes).every((byte) => byte === sign);
  return isFree && (valueBytes === 4 || (value[0] ?? 0) >> 7 === sign >> 7);
}

/** Bytes of the body that a header announces. */
export function entrySize(block: Buffer, options: TarFrameOptions): number {
  const size =
    block[124] === 0x80 ? binary(block.subarray(125, 136)) : octal(block.toString("latin1", 124, 136));
  if (size === undefined) throw options.fail("has an entry with a malformed size");
  return size;
}

/** GNU's base-256 numbers, for files of 8 GiB and more. */
function binary(bytes: Uint8Array): number | undefined {
  const size = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return Number.isSafeInteger(size) ? size : undefined;
}

function octal(field: string): number | undefined {
  const digits = /^ *([0-7]+)[ \0]*$/.exec(field)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}
