import type { FileHandle } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { writeAll } from "./write-all.ts";

/** A file that takes at most so many bytes at a time. */
function reluctantFile(most: number) {
  const written: Buffer[] = [];
  const handle: Pick<FileHandle, "writev"> = {
    writev: (async (pieces: Buffer[]) => {
      const taken = Buffer.concat(pieces).subarray(0, most);
      written.push(Buffer.from(taken));
      return { bytesWritten: taken.length, buffers: pieces };
    }) as FileHandle["writev"],
  };
  return { handle, content: () => Buffer.concat(written) };
}

describe("writeAll", () => {
  it("writes everything in its order, however little is taken at a time", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 20 })),
        fc.integer({ min: 1, max: 30 }),
        async (arrays, most) => {
          const pieces = arrays.map((bytes) => Buffer.from(bytes));
          const { handle, content } = reluctantFile(most);
          await writeAll(handle, pieces);
          expect(content()).toEqual(Buffer.concat(pieces));
        },
      ),
    );
  });

  it("hands on why nothing more can be written", async () => {
    const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });

    const writing = writeAll({ writev: () => Promise.reject(full) }, [Buffer.from("x")]);

    await expect(writing).rejects.toBe(full);
  });
});
