import { extract as createExtract, type Header } from "tar-stream";
import { createTarFrame, type TarFrameOptions } from "./tar-frame.ts";

/**
 * One entry of a tar archive. `name` and `linkName` hold one byte per character (latin1), as tar knows no
 * character set.
 */
export interface TarEntry {
  readonly name: string;
  readonly type: "file" | "link" | "symlink" | "device" | "fifo" | "directory";
  /** Where a link points to; null for other entries. */
  readonly linkName: string | null;
  readonly sizeBytes: number;
}

/**
 * What to do with an entry: nothing, or take the chunks of its content. May throw, which ends the reading.
 */
export type TarVisitor = (entry: TarEntry) => ((chunk: Uint8Array) => void) | undefined;

/**
 * Reads a tar stream entry by entry in bounded memory. Rejects with what `options.fail` makes of a broken
 * archive, with what the visitor throws, or with the error of `input`.
 */
export async function readTar(
  input: AsyncIterable<Uint8Array>,
  options: TarFrameOptions,
  visit: TarVisitor,
): Promise<void> {
  const frame = createTarFrame(options);
  const reader = createEntryReader(visit, options.fail);
  try {
    for await (const chunk of input) {
      frame.push(chunk);
      await reader.write(chunk);
    }
    frame.end();
    await reader.end();
  } finally {
    reader.destroy();
  }
}

// Two options of tar-stream that its types do not know: v7 archives are fine, and names are bytes.
const OPTIONS = { highWaterMark: 256 * 1024, allowUnknownFormat: true, filenameEncoding: "latin1" };

/** tar-stream's extractor as something that is written to and that reports its failure to the writer. */
function createEntryReader(visit: TarVisitor, fail: (reason: string) => Error) {
  const extract = createExtract(OPTIONS);
  let failure: unknown;
  let wake: (() => void) | undefined;
  const failWith = (error: unknown) => {
    failure ??= error;
    wake?.();
  };
  const guarded = (take: (chunk: Uint8Array) => void) => (chunk: unknown) => {
    try {
      if (chunk instanceof Uint8Array) take(chunk);
    } catch (error) {
      failWith(error);
    }
  };
  const broken = (error: Error) => failWith(fail(`is not a valid tar archive (${error.message})`));
  extract.on("entry", (header, body, next) => {
    body.on("error", broken);
    body.on("end", next);
    try {
      const take = visit(toEntry(header, fail));
      if (take) body.on("data", guarded(take));
      else body.resume();
    } catch (error) {
      failWith(error);
    }
  });
  extract.on("error", broken);
  const settle = async (start: (done: () => void) => void) => {
    if (failure === undefined) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        start(resolve);
      });
    }
    if (failure !== undefined) throw failure;
  };
  return {
    write: (chunk: Uint8Array) =>
      settle((done) => {
        if (extract.write(chunk)) done();
        else extract.once("drain", done);
      }),
    end: () =>
      settle((done) => {
        extract.once("finish", done);
        extract.end(undefined);
      }),
    destroy: () => extract.destroy(null),
  };
}

function toEntry(header: Header, fail: (reason: string) => Error): TarEntry {
  const { name, linkname, size } = header;
  const kind = header.type === "character-device" || header.type === "block-device" ? "device" : header.type;
  switch (kind) {
    case "file":
      if (!name.endsWith("/")) return { name, type: "file", linkName: linkname, sizeBytes: size };
      // v7 archives have no type for directories. dpkg does not skip what such an entry holds, GNU tar does.
      if (size > 0) throw fail("has a link, device or directory with content");
      return { name, type: "directory", linkName: linkname, sizeBytes: size };
    case "link":
    case "symlink":
    case "directory":
    case "device":
    case "fifo":
      return { name, type: kind, linkName: linkname, sizeBytes: size };
    default:
      throw fail("has an entry of a type that dpkg does not know");
  }
}
