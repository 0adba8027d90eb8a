import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { decompress } from "./deb-decompress.ts";
import { readDeb } from "./deb-read.ts";
import { bufferSource } from "./deb-source.ts";
import {
  arFile,
  CONTROL,
  controlTar,
  dataTar,
  debOf,
  END_MARKER,
  packed,
  tarEntry,
  tarFile,
  VERSION_PART,
} from "./deb-test-support.ts";

const MIB = 1024 * 1024;

/** A package whose data.tar.xz unpacks to one file of 1 GiB zeros; xz streams can simply be joined. */
function bomb(role: "control" | "data"): Buffer {
  const header = tarEntry({ name: "./zeros", size: `${(1024 * MIB).toString(8).padStart(11, "0")}\0` });
  const zeros = packed("xz", Buffer.alloc(16 * MIB));
  const streams = [
    packed("xz", header),
    ...Array.from({ length: 64 }, () => zeros),
    packed("xz", END_MARKER),
  ];
  const parts = {
    control: packed("xz", controlTar()),
    data: packed("xz", dataTar()),
    [role]: Buffer.concat(streams),
  };
  return arFile([
    VERSION_PART,
    { name: "control.tar.xz", bytes: parts.control },
    { name: "data.tar.xz", bytes: parts.data },
  ]);
}

/** Many headers of empty files are a bomb too. */
function manyEntries(count: number, nameLength = 4): Buffer {
  const entries = Array.from({ length: count }, (_, index) => ({
    name: `./${String(index).padStart(nameLength, "x")}`,
  }));
  return debOf({ data: tarFile(...entries) });
}

const read = (bytes: Buffer, options: Parameters<typeof readDeb>[1] = {}) =>
  readDeb(bufferSource("bomb.deb", bytes), options);

/** Ids of the running children of this process that run a program. */
function childrenNamed(program: string): string[] {
  const ids = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ");
  return ids.filter((id) => id !== "" && readFileSync(`/proc/${id}/comm`, "utf8").trim() === program);
}

describe("limits", () => {
  it("refuses a file that claims more than the limit without unpacking it", async () => {
    const bytes = bomb("data");
    expect(bytes.length).toBeLessThan(MIB);
    await expect(read(bytes, { limits: { dataBytes: 512 * MIB } })).rejects.toThrow(
      "bomb.deb: data.tar.xz has an entry that claims 1073741824 bytes, too much.",
    );
    await expect(read(bomb("control"))).rejects.toThrow(
      /control\.tar\.xz has an entry that claims 1073741824 bytes/,
    );
  });

  it("refuses 1 GiB of zeros in xz at the limit, in bounded memory", async () => {
    const bytes = bomb("data");
    const before = process.memoryUsage().rss;
    let peak = before;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 10);
    // The limit lies just above the claimed size: all has to be unpacked before it is exceeded.
    const limits = { dataBytes: 1024 * MIB + 1000 };
    await expect(read(bytes, { limits })).rejects.toThrow(
      /data\.tar\.xz unpacks to more than 1073742824 bytes\.$/,
    );
    clearInterval(watch);
    expect((peak - before) / MIB).toBeLessThan(150);
  });

  it("accepts a package that just fits", async () => {
    const bytes = dataTar();
    const limits = { dataBytes: bytes.length, controlBytes: controlTar().length };
    await expect(read(debOf(), { limits })).resolves.toMatchObject({ dataSizeBytes: bytes.length });
    await expect(read(debOf(), { limits: { ...limits, dataBytes: bytes.length - 1 } })).rejects.toThrow(
      /unpacks to/,
    );
  });

  it("limits the control member", async () => {
    const bytes = debOf({ control: controlTar({ name: "./md5sums", content: "x".repeat(4000) }) });
    await expect(read(bytes, { limits: { controlBytes: 6000 } })).rejects.toThrow(
      /control\.tar\.gz unpacks to more/,
    );
    await expect(read(debOf(), { limits: { stanzaBytes: CONTROL.length - 1 } })).rejects.toThrow(
      /control file of/,
    );
  });

  it("limits the ratio, but not of small members", async () => {
    const bytes = debOf({ data: dataTar({ name: "./zeros", content: Buffer.alloc(2 * MIB) }) });
    await expect(read(bytes, { limits: { ratio: 50 } })).rejects.toThrow(/claims 2097152 bytes, too much/);
    await expect(read(debOf(), { limits: { ratio: 2 } })).resolves.toBeDefined();
  });

  it("limits number and length of names", async () => {
    await expect(read(manyEntries(101), { limits: { entries: 100 } })).rejects.toThrow(
      /more than 100 entries/,
    );
    await expect(read(manyEntries(100), { limits: { entries: 100 } })).resolves.toBeDefined();
    await expect(read(manyEntries(60, 50), { limits: { listBytes: 2500 } })).rejects.toThrow(
      /too long a list of paths/,
    );
    await expect(read(manyEntries(1, 60), { limits: { pathBytes: 50 } })).rejects.toThrow(
      /more than 50 bytes/,
    );
  });

  it("limits the time, also of a decompressor that hangs", async () => {
    const hanging = () => new Readable({ read: () => undefined });
    const started = performance.now();
    await expect(read(debOf(), { decompress: hanging, limits: { timeMs: 50 } })).rejects.toThrow(
      "bomb.deb: takes longer to read than the limit of 0.05 s.",
    );
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it("ends with the reason of the caller's signal", async () => {
    const reason = new Error("the daemon stops");
    const controller = new AbortController();
    const hanging = () => {
      controller.abort(reason);
      return new Readable({ read: () => undefined });
    };
    await expect(read(debOf(), { decompress: hanging, signal: controller.signal })).rejects.toBe(reason);
    await expect(read(debOf(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe("decompress", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each([
    ["xz", "xz"],
    ["lzma", "lzma"],
    ["zstd", "zstd"],
    ["bz2", "bzip2"],
  ] as const)("unpacks %s", async (format, program) => {
    const content = Buffer.from("hello\n".repeat(100_000));
    const output = decompress(format, Readable.from([packed(program, content)]));
    expect(Buffer.concat(await output.toArray()).equals(content)).toBe(true);
  });

  it("ends the process when its output is thrown away", async () => {
    const endless = new Readable({
      read() {
        this.push(zeros);
      },
    });
    const zeros = packed("xz", Buffer.alloc(16 * MIB));
    const output = decompress("xz", endless);
    for await (const chunk of output) {
      expect(chunk.length).toBeGreaterThan(0);
      expect(childrenNamed("xz")).toHaveLength(1);
      break;
    }
    await vi.waitFor(() => expect(childrenNamed("xz")).toEqual([]));
    expect(endless.destroyed).toBe(true);
  });

  it.each([
    ["xz", packed("xz", Buffer.alloc(MIB))],
    ["gz", gzipSync(Buffer.alloc(MIB))],
  ] as const)("passes on the error of its input: %s", async (format, bytes) => {
    const failure = new Error("disk on fire");
    async function* input() {
      yield bytes.subarray(0, 50);
      throw failure;
    }
    await expect(decompress(format, Readable.from(input())).toArray()).rejects.toBe(failure);
  });

  it("does not blame the package when the program is missing", async () => {
    vi.stubEnv("PATH", "/nonexistent");
    const error: unknown = await decompress("zstd", Readable.from([Buffer.from("x")]))
      .toArray()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: "Error",
      message: "The program zstd cannot be started, install the package zstd.",
    });
  });
});
