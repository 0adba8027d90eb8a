import { constants, type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { FormatError } from "./errors.ts";

/** Random access to the bytes of one file. `name` is what error messages call it. */
export interface ByteSource {
  readonly name: string;
  readonly sizeBytes: number;
  /** Reads up to `lengthBytes` at `position`; fewer bytes only at the end of the file. */
  read(position: number, lengthBytes: number): Promise<Buffer>;
}

const CHUNK_BYTES = 64 * 1024;

/** A refusal of the file `source`: `<name>: <reason>.` */
export function debError(fileName: string, reason: string, field?: string): FormatError {
  return new FormatError(`${showName(fileName)}: ${reason}.`, { what: fileName, field });
}

/**
 * Text from a hostile file, fit for one line of a message: control characters and undecodable bytes become
 * `\xNN`, long text is cut.
 */
export function showName(text: string): string {
  const cut = text.length > 120 ? `${text.slice(0, 117)}...` : text;
  return cut.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (char) => {
    const code = char.charCodeAt(0);
    // Lone surrogates DC80–DCFF stand for raw bytes (see deb-paths.ts).
    const byte = code >= 0xdc80 && code <= 0xdcff ? code - 0xdc00 : code;
    return byte <= 0xff ? `\\x${byte.toString(16).padStart(2, "0")}` : `\\u${byte.toString(16)}`;
  });
}

/** The bytes in memory as a source. */
export function bufferSource(name: string, bytes: Buffer): ByteSource {
  return {
    name,
    sizeBytes: bytes.length,
    read: async (position, lengthBytes) => bytes.subarray(position, position + lengthBytes),
  };
}

/** An open regular file as a source; the caller closes it. */
export async function handleSource(handle: FileHandle, name: string): Promise<ByteSource> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw debError(name, "is not a regular file");
  return {
    name,
    sizeBytes: stat.size,
    read: async (position, lengthBytes) => {
      const buffer = Buffer.allocUnsafe(lengthBytes);
      let filled = 0;
      while (filled < lengthBytes) {
        const { bytesRead } = await handle.read(buffer, filled, lengthBytes - filled, position + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    },
  };
}

/**
 * Opens the file for the time of `use`. A file that cannot be opened is the system's error (ENOENT, EACCES),
 * not a FormatError.
 */
export async function withFileSource<T>(
  path: string,
  name: string | undefined,
  use: (source: ByteSource) => Promise<T>,
): Promise<T> {
  // O_NONBLOCK: opening a FIFO must not wait for a writer; for regular files it means nothing.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return await use(await handleSource(handle, name ?? basename(path)));
  } finally {
    await handle.close();
  }
}

/** A stretch of the file as a stream; ends in a FormatError when the file has become shorter meanwhile. */
export function streamRange(source: ByteSource, offset: number, sizeBytes: number): Readable {
  async function* chunks() {
    let done = 0;
    while (done < sizeBytes) {
      const chunk = await source.read(offset + done, Math.min(CHUNK_BYTES, sizeBytes - done));
      if (chunk.length === 0) throw debError(source.name, "became shorter while it was read");
      done += chunk.length;
      yield chunk;
    }
  }
  return Readable.from(chunks(), { objectMode: false, highWaterMark: 2 * CHUNK_BYTES });
}
