import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exec, type Home, homeAt } from "#platform";
import { keepLogs } from "./keep-results.ts";
import { workDirOf } from "./kept-files.ts";
import { followLog, type LogPlace, openLog } from "./live-log.ts";

const BKEY = "hello/2.10-3/20240102T030000Z/source amd64";
let home: Home;
let place: LogPlace;
let log: string;

beforeEach(() => {
  home = homeAt(mkdtempSync(join(tmpdir(), "mbd-live-")));
  place = { home, buildId: 7, bkey: BKEY };
  const dir = workDirOf(home, 7);
  mkdirSync(dir, { recursive: true });
  log = join(dir, "build.log");
});
afterEach(() => rmSync(home.root, { recursive: true }));

async function keepAndRemove(): Promise<void> {
  await keepLogs(exec, home, { id: 7, bkey: BKEY, fence: 1 }, "final");
  rmSync(workDirOf(home, 7), { recursive: true });
}

describe("openLog", () => {
  it("reads a running build from an offset", async () => {
    writeFileSync(log, "0123456789");

    const part = await openLog(place, 4);

    expect(part).toMatchObject({ live: true, sizeBytes: 10 });
    expect(part && (await text(part.stream))).toBe("456789");
    const end = await openLog(place, 10);
    expect(end && (await text(end.stream))).toBe("");
  });

  it("reads what there was when the work directory goes just then", async () => {
    writeFileSync(log, "0123456789");

    const part = await openLog(place);
    rmSync(workDirOf(home, 7), { recursive: true });

    expect(part && (await text(part.stream))).toBe("0123456789");
  });

  it("reads the kept log from the same offsets", async () => {
    const content = Array.from({ length: 50_000 }, (_value, index) => `line ${index}\n`).join("");
    writeFileSync(log, content);
    await keepAndRemove();

    const part = await openLog(place, 300_000);

    expect(part?.live).toBe(false);
    expect(part && (await text(part.stream))).toBe(content.slice(300_000));
  });

  it("knows when there is none", async () => {
    expect(await openLog(place)).toBeUndefined();
  });

  it("takes the log of the newest attempt where there is no other, but not while somebody works", async () => {
    for (const fence of [2, 10]) {
      writeFileSync(log, `try ${fence}`);
      await keepLogs(exec, home, { id: 7, bkey: BKEY, fence }, "attempt");
    }
    rmSync(workDirOf(home, 7), { recursive: true });
    const read = async (of: Partial<LogPlace>) => {
      const part = await openLog({ ...place, ...of });
      return part && (await text(part.stream));
    };

    expect(await read({})).toBe("try 10");
    expect(await read({ attempt: 2 })).toBe("try 2");
    expect(await read({ attempt: 3 })).toBeUndefined();
    expect(await read({ tool: "piuparts" })).toBeUndefined();
    expect(await read({ working: true })).toBeUndefined();
  });

  it("fails on a kept log that is damaged", async () => {
    writeFileSync(log, "x".repeat(1000));
    await keepAndRemove();
    const kept = join(home.builds, "hello/2.10-3/20240102T030000Z/source/amd64/build.log.zst");
    writeFileSync(kept, "no zstd");

    const part = await openLog(place);

    await expect(text(part?.stream ?? Readable.from([]))).rejects.toThrow(/cannot be unpacked/);
  });
});

describe("followLog", () => {
  it("goes on through the end of the build", async () => {
    writeFileSync(log, "one ");
    const got: string[] = [];

    for await (const chunk of followLog(place, 0, new AbortController().signal)) {
      got.push(chunk.toString());
      if (got.length === 1) {
        appendFileSync(log, "two ");
      } else if (got.length === 2) {
        appendFileSync(log, "three");
        await keepAndRemove();
      }
    }

    expect(got).toEqual(["one ", "two ", "three"]);
  });

  it("stops when nobody listens any more", async () => {
    writeFileSync(log, "one");
    const abort = new AbortController();
    const got: string[] = [];

    for await (const chunk of followLog(place, 0, abort.signal)) {
      got.push(chunk.toString());
      abort.abort();
    }

    expect(got).toEqual(["one"]);
  });
});
