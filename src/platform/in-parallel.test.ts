import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { inParallel } from "./in-parallel.ts";

describe("inParallel", () => {
  it("runs each once", async () => {
    const ran: number[] = [];

    await inParallel([...Array(50).keys()], async (item) => {
      await setImmediate();
      ran.push(item);
    });

    expect(ran.sort((a, b) => a - b)).toEqual([...Array(50).keys()]);
  });

  it("returns results in the order of the items, never more at once than told", async () => {
    let running = 0;
    let most = 0;
    const work = async (item: number) => {
      most = Math.max(most, ++running);
      for (let i = item; i < 10; i++) await setImmediate();
      running -= 1;
      return item * 2;
    };

    await expect(inParallel([0, 1, 2, 3, 4, 5, 6], work, 3)).resolves.toEqual([0, 2, 4, 6, 8, 10, 12]);

    expect(most).toBe(3);
  });

  it("throws the failure of the first item, whichever failed first", async () => {
    const work = async (item: number) => {
      for (let i = item; i < 3; i++) await setImmediate();
      throw new Error(`item ${item}`);
    };

    await expect(inParallel([0, 1, 2], work, 3)).rejects.toThrow("item 0");
  });

  it("begins no more after a failure, and ends only when what had begun has ended", async () => {
    let begun = 0;
    let ended = 0;
    const work = async (item: number) => {
      begun += 1;
      if (item > 0) for (let i = 0; i < 20; i++) await setImmediate();
      ended += 1;
      if (item === 0) throw new Error("the first");
    };

    await expect(inParallel([...Array(1000).keys()], work)).rejects.toThrow("the first");

    expect(begun).toBeLessThan(1000);
    expect(ended).toBe(begun);
  });
});
