import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stanzas, tool } from "./chunks-support.ts";
import { takeApart, XZ_STREAM_HEADER, xzStreamEnd } from "./xz-format.ts";

let dir = "";
let file = Buffer.alloc(0);
const text = stanzas(2000);

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "mbd-xz-"));
  writeFileSync(join(dir, "text"), text);
  tool("xz", "-T1", "-k", "--check=crc64", "--block-list=1,130,20000,0", join(dir, "text"));
  file = readFileSync(join(dir, "text.xz"));
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("a stream of xz", () => {
  it("is taken apart and put together to the same bytes", () => {
    const blocks = takeApart(file);

    expect(blocks.map(({ textBytes }) => textBytes)).toEqual([1, 130, 20_000, text.length - 20_131]);
    const again = Buffer.concat([XZ_STREAM_HEADER, ...blocks.map(({ block }) => block), xzStreamEnd(blocks)]);
    expect(again.equals(file)).toBe(true);
  });

  it("without blocks is what xz makes of nothing", () => {
    writeFileSync(join(dir, "empty"), "");
    const empty = tool("xz", "-c", join(dir, "empty"));

    expect(Buffer.concat([XZ_STREAM_HEADER, xzStreamEnd([])]).equals(empty)).toBe(true);
    expect(takeApart(empty)).toEqual([]);
  });

  it("writes sizes above 32 bits as it reads them", () => {
    const blocks = [{ unpaddedBytes: 2 ** 34 + 5, textBytes: 2 ** 40 + 127 }];
    const end = xzStreamEnd(blocks);

    // Index indicator, number of records, then 7 bits a byte: 2^34 + 5 and 2^40 + 127.
    expect([...end.subarray(0, 13)]).toEqual([
      0, 1, 0x85, 0x80, 0x80, 0x80, 0x40, 0xff, 0x80, 0x80, 0x80, 0x80, 0x20,
    ]);
  });
});

describe("what is not one whole stream", () => {
  it("is refused when it is cut anywhere", () => {
    fc.assert(
      fc.property(fc.nat(file.length - 1), (length) => {
        expect(() => takeApart(file.subarray(0, length))).toThrow();
      }),
    );
  });

  it("is refused when header, index or footer are changed", () => {
    const endBytes = xzStreamEnd(takeApart(file)).length;
    const places = [
      ...Array(12).keys(),
      ...Array.from({ length: endBytes }, (_, i) => file.length - endBytes + i),
    ];
    for (const place of places) {
      const changed = Buffer.from(file);
      changed[place] = (changed[place] ?? 0) ^ 0x11;
      expect(() => takeApart(changed), `byte ${place}`).toThrow();
    }
  });

  it("is refused when there is more, or another check", () => {
    expect(() => takeApart(Buffer.concat([file, file]))).toThrow("the blocks do not fill the stream");
    expect(() => takeApart(Buffer.concat([file, Buffer.alloc(4)]))).toThrow();
    expect(() => takeApart(tool("xz", "-c", "--check=crc32", join(dir, "text")))).toThrow("no stream header");
    expect(() => takeApart(Buffer.from("Package: x\n".repeat(9)))).toThrow("no stream header");
    expect(() => takeApart(Buffer.alloc(0))).toThrow("no stream header");
  });
});
