import { describe, expect, test } from "vitest";
import { type EngineState, type EngineWish, stateAfter } from "./engine-state.ts";

describe("the engine's switch", () => {
  test.each<[EngineState, EngineWish, number, EngineState]>([
    ["running", "start", 1, "running"],
    ["running", "stop", 1, "stopped"],
    ["running", "drain", 1, "draining"],
    ["running", "drain", 0, "stopped"],
    ["running", "ended", 0, "running"],
    ["draining", "start", 1, "running"],
    ["draining", "stop", 1, "stopped"],
    ["draining", "drain", 1, "draining"],
    ["draining", "ended", 1, "draining"],
    ["draining", "ended", 0, "stopped"],
    ["stopped", "start", 0, "running"],
    ["stopped", "stop", 0, "stopped"],
    // Builds that were told to end are not waited for.
    ["stopped", "drain", 1, "stopped"],
    ["stopped", "ended", 0, "stopped"],
  ])("%s, %s with %i builds: %s", (state, wish, builds, next) => {
    expect(stateAfter(state, wish, builds)).toBe(next);
  });
});
