import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type KeptBuild, type KeptPackaging, type KeptUpload, planRetention } from "./retention-plan.ts";

const NOW = new Date("2024-06-01T00:00:00Z");
const daysAgo = (days: number) => new Date(NOW.getTime() - days * 86_400_000).toISOString();

const build = (changes: Partial<KeptBuild> = {}): KeptBuild => ({
  id: 11,
  bkey: "a/1/t/source amd64",
  endedAt: daysAgo(40),
  hasFiles: true,
  hasLog: true,
  attemptLogs: [],
  ...changes,
});
const packaging = (changes: Partial<KeptPackaging> = {}): KeptPackaging => ({
  id: 5,
  bkey: "a/1/t/source",
  state: "FAILED",
  endedAt: daysAgo(40),
  pinned: false,
  isReferenced: false,
  goneAt: null,
  builds: [build()],
  ...changes,
});
const upload = (...packagings: KeptPackaging[]): KeptUpload => ({ id: 1, hasFiles: true, packagings });

/** What goes, as letters: sources, results, logs, attempt logs; `m`: marked as gone from the archive, `e`: expired. */
function goes(...uploads: KeptUpload[]): string {
  const plan = planRetention(uploads, NOW);
  const parts: [string, readonly unknown[]][] = [
    ["s", plan.sources],
    ["r", plan.results],
    ["l", plan.logs],
    ["a", plan.attemptLogs],
    ["m", plan.gone],
    ["e", plan.expired],
  ];
  return parts.map(([letter, list]) => letter.repeat(list.length)).join("");
}

const installed = (changes: Partial<KeptPackaging>) => packaging({ state: "INSTALLED", ...changes });

describe("a packaging", () => {
  test.each([
    ["that failed 29 days ago keeps all", packaging({ endedAt: daysAgo(29) }), ""],
    ["that failed 30 days ago loses sources and results", packaging({ endedAt: daysAgo(30) }), "sr"],
    ["that was cancelled does, too", packaging({ state: "CANCELLED" }), "sr"],
    ["that failed 90 days ago loses all", packaging({ endedAt: daysAgo(90) }), "srle"],
    ["that is pinned keeps all", packaging({ endedAt: daysAgo(900), pinned: true }), ""],
    ["that has not ended keeps all", packaging({ state: "BUILDING", endedAt: null }), ""],
    ["that the archive has keeps all", installed({ isReferenced: true, endedAt: daysAgo(900) }), ""],
    ["that the archive has no more is marked first", installed({ endedAt: daysAgo(900) }), "m"],
    ["keeps all for 90 days from then on", installed({ goneAt: daysAgo(89) }), ""],
    ["and loses all after that", installed({ goneAt: daysAgo(90) }), "srle"],
    ["of that, too, nothing when it is pinned", installed({ goneAt: daysAgo(900), pinned: true }), ""],
  ])("%s", (_, given, expected) => {
    expect(goes(upload(given))).toBe(expected);
  });

  test("loses nothing that is gone already", () => {
    const gone = { ...upload(packaging({ endedAt: daysAgo(90) })), hasFiles: false };
    const [only] = gone.packagings;
    const nothing = { hasFiles: false, hasLog: false };

    expect(goes({ ...gone, packagings: [packaging({ ...only, builds: [build(nothing)] })] })).toBe("e");
  });

  test("keeps sources that another try of the same upload needs", () => {
    const failed = packaging();

    expect(goes(upload(failed, packaging({ id: 6, state: "BUILDING", endedAt: null })))).toBe("r");
    expect(goes(upload(failed, installed({ id: 6, isReferenced: true })))).toBe("r");
    expect(goes(upload(failed, packaging({ id: 6, pinned: true })))).toBe("r");
  });

  test("keeps its log when those of earlier attempts go", () => {
    const attemptLogs = ["attempt-1.log.zst"];
    const old = build({ endedAt: daysAgo(91), attemptLogs });

    expect(goes(upload(installed({ isReferenced: true, builds: [old] })))).toBe("a");
    expect(goes(upload(installed({ isReferenced: true, builds: [build({ attemptLogs })] })))).toBe("");
    expect(goes(upload(installed({ isReferenced: true, pinned: true, builds: [old] })))).toBe("");
  });
});

test("every reason says why", () => {
  const { results, logs } = planRetention(
    [
      upload(packaging({ endedAt: daysAgo(90) })),
      { ...upload(installed({ id: 7, goneAt: daysAgo(91) })), id: 2 },
    ],
    NOW,
  );

  expect(results.map(({ reason }) => reason)).toEqual([
    "it ended 30 days ago or earlier, FAILED",
    "the archive has had nothing of it for 90 days or longer",
  ]);
  expect(logs[0]?.reason).toBe("it ended 90 days ago or earlier, FAILED");
});

const anyPackaging = fc
  .record({
    state: fc.constantFrom("QUEUED", "BUILDING", "INSTALLING", "INSTALLED", "FAILED", "CANCELLED"),
    ended: fc.integer({ min: 0, max: 200 }),
    gone: fc.option(fc.integer({ min: 0, max: 200 })),
    pinned: fc.boolean(),
    isReferenced: fc.boolean(),
    hasFiles: fc.boolean(),
    hasLog: fc.boolean(),
  })
  .map(({ state, ended, gone, pinned, isReferenced, hasFiles, hasLog }) =>
    packaging({
      ...{ state, pinned, isReferenced },
      endedAt: ["INSTALLED", "FAILED", "CANCELLED"].includes(state) ? daysAgo(ended) : null,
      goneAt: gone === null || state !== "INSTALLED" ? null : daysAgo(gone),
      builds: [build({ endedAt: daysAgo(ended), hasFiles, hasLog })],
    }),
  );

test("whatever there is: nothing goes of what is open, pinned or in the archive, and an expired one has nothing left", () => {
  fc.assert(
    fc.property(fc.array(anyPackaging, { minLength: 1, maxLength: 4 }), fc.boolean(), (rows, hasFiles) => {
      const packagings = rows.map((row, index) => ({
        ...row,
        id: index,
        builds: row.builds.map((each) => ({ ...each, id: index })),
      }));
      const plan = planRetention([{ id: 1, hasFiles, packagings }], NOW);
      const going = new Set([...plan.results, ...plan.logs].map(({ id }) => id));
      for (const { id, state, pinned, isReferenced, endedAt } of packagings) {
        const isKept = pinned || endedAt === null || (state === "INSTALLED" && isReferenced);
        if (isKept) expect(going.has(id) || plan.expired.includes(id)).toBe(false);
        if (isKept) expect(plan.sources).toEqual([]);
      }
      for (const id of plan.expired) {
        const own = packagings[id]?.builds ?? [];
        for (const each of own) {
          expect(!each.hasFiles || plan.results.some((row) => row.id === id)).toBe(true);
          expect(!each.hasLog || plan.logs.some((row) => row.id === id)).toBe(true);
        }
      }
    }),
  );
});
