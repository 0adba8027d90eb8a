import { describe, expect, test } from "vitest";
import { type WaitFacts, type WaitingBuild, waitReason } from "./wait-reason.ts";

const BUILD: WaitingBuild = {
  ...{ state: "QUEUED", codename: "bookworm", arch: "arm64", message: null, attempt: 0 },
};
const SOURCE = { origin: "Debian", codename: "bookworm", state: "active", error: null };
const CHROOT = { state: "active", tarball: "bookworm-arm64-1.tar.zst", error: null };
const FACTS: WaitFacts = {
  engine: "running",
  now: new Date("2024-01-02T12:00:00.000Z"),
  sources: [SOURCE],
  chroot: CHROOT,
  job: { run_after: "2024-01-02T11:00:00.000Z", error: null },
  before: 3,
};
const LATER = { run_after: "2024-01-02T12:30:00.000Z", error: "sbuild failed in stage init" };

describe("a build waits", () => {
  test.each<[string, Partial<WaitingBuild>, Partial<WaitFacts>]>([
    ["waits for a free slot, 3 before it", {}, {}],
    ["waits for a free slot, next in turn", {}, { before: 0 }],
    ["the engine is stopped", {}, { engine: "stopped" }],
    ["the engine drains", {}, { engine: "draining" }],
    [
      "the chroot for bookworm arm64 is being made",
      {},
      { chroot: { ...CHROOT, tarball: null, state: "making" } },
    ],
    [
      "the chroot for bookworm arm64 does not work: no mirror",
      {},
      { chroot: { tarball: null, state: "error", error: "no mirror" } },
    ],
    ["there is no chroot for bookworm arm64 yet", {}, { chroot: undefined }],
    [
      "the chroot for bookworm arm64 is not made yet",
      {},
      { chroot: { tarball: null, state: "missing", error: null } },
    ],
    [
      "the source Debian bookworm is in error: no Release",
      {},
      { sources: [{ ...SOURCE, state: "error", error: "no Release" }] },
    ],
    ["the source Debian bookworm was not checked yet", {}, { sources: [{ ...SOURCE, state: "unchecked" }] }],
    [
      "the source Debian bookworm-updates is in error: gone",
      {},
      { sources: [SOURCE, { ...SOURCE, codename: "bookworm-updates", state: "error", error: "gone" }] },
    ],
    [
      "pause after builder failure until 12:30 UTC: sbuild failed in stage init",
      { attempt: 1 },
      { job: LATER },
    ],
    ["tried again at 12:30 UTC: sbuild failed in stage init", {}, { job: LATER }],
    [
      "waits for libfoo-dev (>= 2), being built by foo 2",
      { state: "DEP_WAIT", message: "waits for libfoo-dev (>= 2), being built by foo 2" },
      { engine: "stopped" },
    ],
    ["waits for build dependencies", { state: "DEP_WAIT" }, {}],
  ])("%s", (expected, build, facts) => {
    expect(waitReason({ ...BUILD, ...build }, { ...FACTS, ...facts })).toBe(expected);
  });

  test("for the engine first, then for source, chroot, the end of a pause, and a slot", () => {
    const all: WaitFacts = {
      ...FACTS,
      ...{ engine: "stopped", sources: [{ ...SOURCE, state: "error" }], chroot: undefined, job: LATER },
    };
    const steps: Partial<WaitFacts>[] = [
      {},
      { engine: "running" },
      { sources: [SOURCE] },
      { chroot: CHROOT },
      { job: undefined },
    ];

    const facts = { ...all };
    const seen = steps.map((step) => waitReason(BUILD, Object.assign(facts, step)));

    expect(seen.map((text) => text.split(" ").slice(0, 2).join(" "))).toEqual([
      "the engine",
      "the source",
      "there is",
      "tried again",
      "waits for",
    ]);
  });
});
