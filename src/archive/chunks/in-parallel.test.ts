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
