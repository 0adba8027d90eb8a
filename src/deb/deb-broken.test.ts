import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { BREAKAGES } from "./deb-broken-support.ts";
import { readDeb } from "./deb-read.ts";
import { bufferSource } from "./deb-source.ts";
import { arFile, controlTar, createDebBuilder, dataTar, debOf, VERSION_PART } from "./deb-test-support.ts";
import { FormatError } from "./errors.ts";

const NAME = "hello_2.10-3_amd64.deb";
const builder = createDebBuilder();

afterAll(() => builder.remove());

/** The FormatError of a refused file, undefined for an accepted one; other errors reach the test. */
async function refusal(bytes: Buffer): Promise<FormatError | undefined> {
  try {
    await readDeb(bufferSource(NAME, bytes));
    return undefined;
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

describe("broken packages", () => {
  it("starts from a package that is accepted", async () => {
    const contents = await readDeb(bufferSource(NAME, debOf()));
    expect(contents.paths).toEqual(["usr/f"]);
  });

  it.each(BREAKAGES.map((breakage) => [breakage.name, breakage] as const))(
    "refuses %s",
    async (_, breakage) => {
      const error = await refusal(breakage.bytes());
      expect(error?.message).toMatch(breakage.reason);
      expect(error?.message).toMatch(/^hello_2\.10-3_amd64\.deb[^\n]*\.$/);
      expect(error?.what).toContain(NAME);
    },
  );

  it("refuses the same in a file on disk, named by its path's last part", async () => {
    const path = join(builder.directory, NAME);
    writeFileSync(path, debOf().subarray(0, -20));
    await expect(readDeb(path)).rejects.toThrow(/^hello_2\.10-3_amd64\.deb: is cut off: /);
  });

  it("refuses every prefix of a package", async () => {
    const bytes = arFile([
      VERSION_PART,
      { name: "control.tar", bytes: controlTar() },
      { name: "data.tar", bytes: dataTar() },
    ]);
    for (let length = 0; length < bytes.length; length += 7) {
      expect(await refusal(bytes.subarray(0, length)), `${length} bytes`).toBeInstanceOf(FormatError);
    }
  });

  it("refuses directories and devices, but leaves a missing file to the system's error", async () => {
    await expect(readDeb(builder.directory)).rejects.toThrow(/is not a regular file/);
    await expect(readDeb("/dev/zero")).rejects.toThrow(/^zero: is not a regular file\.$/);
    await expect(readDeb(join(builder.directory, "none.deb"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("random damage", () => {
  const edits = fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255), cut: fc.nat(3) }), {
    minLength: 1,
    maxLength: 6,
  });
  const samples = [
    debOf(),
    arFile([
      VERSION_PART,
      { name: "_sig", bytes: Buffer.from("abc") },
      { name: "control.tar", bytes: controlTar({ name: "./md5sums", content: "x" }) },
      { name: "data.tar", bytes: dataTar({ name: "./usr/l", type: "2", link: "f" }) },
    ]),
  ];

  it("gives a FormatError or a package, nothing else", async () => {
    const outcomes = { refused: 0, accepted: 0 };
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...samples), edits, async (sample, list) => {
        const error = await refusal(list.reduce(applyEdit, sample));
        outcomes[error ? "refused" : "accepted"] += 1;
        if (error) expect(error.message).toMatch(/^hello_2\.10-3_amd64\.deb[^\n]*[.?!]$/);
      }),
      { numRuns: 2000 },
    );
    expect(outcomes.refused).toBeGreaterThan(outcomes.accepted / 10);
    expect(outcomes.refused).toBeGreaterThan(200);
  });

  it("gives no other error behind xz and zstd either", async () => {
    builder.write("usr/share/f", "hello\n".repeat(100));
    const built = (["xz", "zstd"] as const).map((format) => readFileSync(builder.build(format)));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...built), edits, async (sample, list) => {
        await refusal(list.reduce(applyEdit, sample));
      }),
      { numRuns: 60 },
    );
  });
});

function applyEdit(bytes: Buffer, edit: { at: number; byte: number; cut: number }): Buffer {
  const at = edit.at % bytes.length;
  return Buffer.concat([bytes.subarray(0, at), Buffer.from([edit.byte]), bytes.subarray(at + edit.cut)]);
}
