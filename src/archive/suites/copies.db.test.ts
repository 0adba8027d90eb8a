import { describe, expect } from "vitest";
import { test } from "./live-suites-support.ts";
import { createTestSuites } from "./suites-support.ts";

const copy = { kind: "copy", from: "testing", to: "stable", source: "hello" } as const;

describe("copy", () => {
  test("takes a source with all its packages; what it replaces goes to the rollbacks", async ({ suites }) => {
    await suites.install("stable", "hello", "1.0");
    await suites.install("testing", "hello", "2.0");
    suites.asked.length = 0;
    const plan = await suites.plan(copy);

    const applied = await suites.apply(copy);

    expect(applied.plan).toEqual(plan);
    expect(applied.changed).toEqual(["stable", "stable-rollback0"]);
    expect(suites.asked).toEqual(["test/stable", "test/stable-rollback0"]);
    expect(plan.distributions).toMatchObject([
      {
        distribution: "stable",
        added: [{ component: "main", source: "hello", version: "2.0", other: "testing" }],
        removed: [{ version: "1.0", other: "stable-rollback0" }],
      },
      { distribution: "stable-rollback0", added: [{ version: "1.0", other: "stable" }], removed: [] },
    ]);
    expect(plan.distributions[0]?.added[0]?.packages).toEqual([
      { kind: "deb", name: "hello", version: "2.0", arch: "amd64" },
      { kind: "dsc", name: "hello", version: "2.0", arch: "source" },
      { kind: "deb", name: "hello-doc", version: "2.0", arch: "all" },
    ]);
    expect(plan.rollbacks).toEqual([{ component: "main", source: "hello", versions: ["1.0"] }]);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(await suites.sources()).toEqual({
      testing: ["main hello 2.0"],
      stable: ["main hello 2.0"],
      "stable-rollback0": ["main hello 1.0"],
    });
  });

  test("refuses the same version, a lower one unless forced, and says why", async ({ suites }) => {
    await suites.install("stable", "hello", "2.0");
    await suites.install("testing", "hello", "1.0");

    await expect(suites.apply(copy)).rejects.toThrow("stable holds hello 2.0, which is higher than 1.0,");
    await suites.apply({ ...copy, force: true });
    await expect(suites.plan(copy)).rejects.toThrow("stable holds hello 1.0 already.");

    expect(await suites.sources()).toMatchObject({
      stable: ["main hello 1.0"],
      "stable-rollback0": ["main hello 2.0"],
    });
  });

  test("refuses what is not there, ambiguous, of another version, or has no place to go", async ({
    db,
    suites,
  }) => {
    await suites.install("testing", "hello", "1.0");
    await suites.install("testing", "hello", "2.0", "contrib");
    const other = createTestSuites(db, "other");
    await other.live("elsewhere", { rollbacks: 0 });
    const code = (request: object) =>
      suites.plan({ ...copy, ...request }).catch((error: { code: string }) => error.code);

    expect(await code({ source: "none" })).toBe("not_found");
    expect(await code({ from: "none" })).toBe("not_found");
    expect(await code({})).toBe("ambiguous");
    expect(await code({ version: "3.0" })).toBe("version_mismatch");
    expect(await code({ to: "stable-rollback0", version: "1.0" })).toBe("is_rollback");
    expect(await code({ component: "main", toComponent: "non-free" })).toBe("component_unknown");
    expect(await code({ to: "elsewhere", version: "1.0" })).toBe("bad_argument");
    expect(await suites.plan({ ...copy, version: "2.0-0" })).toMatchObject({
      distributions: [{ added: [{ component: "contrib", version: "2.0" }] }],
    });
  });

  test("into another component; nothing is listed twice in a suite", async ({ suites }) => {
    await suites.install("testing", "hello", "1.0");

    await suites.apply({ ...copy, toComponent: "contrib" });

    expect(await suites.sources()).toMatchObject({ stable: ["contrib hello 1.0"] });
    await expect(suites.apply(copy)).rejects.toThrow("hello 1.0 is already in stable (contrib).");
    await expect(suites.apply({ ...copy, to: "testing", toComponent: "contrib" })).rejects.toMatchObject({
      code: "version_exists",
    });
  });

  test("takes what was built later without a release along, and only that when the release is there", async ({
    suites,
  }) => {
    await suites.install("testing", "hello", "1.0");
    await suites.apply(copy);
    await suites.add("testing", { name: "hello", version: "1.0+b1", source: "hello", sourceVersion: "1.0" });

    const { plan } = await suites.apply(copy);

    expect(plan.distributions).toMatchObject([
      {
        distribution: "stable",
        added: [{ packages: [{ name: "hello", version: "1.0+b1", arch: "amd64" }] }],
        removed: [{ packages: [{ name: "hello", version: "1.0", arch: "amd64" }] }],
      },
    ]);
    expect(await suites.contentOf("stable")).toEqual(await suites.contentOf("testing"));
  });

  test("keeps the highest of several versions where a suite holds several", async ({ suites }) => {
    await suites.live("archive", { rollbacks: 0, versions: 2 });
    for (const version of ["9", "10", "11"]) {
      await suites.install("testing", "hello", version);
      await suites.apply({ ...copy, to: "archive" });
    }
    await suites.install("stable", "hello", "8");

    expect(await suites.sourcesOf("archive")).toEqual(["main hello 10", "main hello 11"]);
    await expect(suites.apply({ ...copy, from: "stable", to: "archive" })).rejects.toMatchObject({
      code: "downgrade",
    });
    await suites.apply({ ...copy, from: "archive" });
    expect(await suites.sourcesOf("stable")).toEqual(["main hello 11"]);
    await suites.apply({ kind: "remove", distribution: "archive", source: "hello", version: "11" });
    expect(await suites.sourcesOf("archive")).toEqual(["main hello 10"]);
  });
});

describe("copy of everything", () => {
  test("moves what is higher, skips what is the same or lower, unless forced", async ({ suites }) => {
    for (const [name, version] of [
      ["a", "1"],
      ["b", "1"],
      ["c", "2"],
      ["d", "1"],
    ] as const) {
      await suites.install("testing", name, version);
    }
    await suites.apply({ ...copy, source: "b" });
    await suites.install("stable", "c", "3");
    await suites.install("stable", "d", "0");
    await suites.add("testing", { name: "loose", version: "1" }, { name: "old", version: "1" });
    await suites.add("stable", { name: "old", version: "2" });
    const all = { kind: "copy-all", from: "testing", to: "stable" } as const;

    const { plan, changed } = await suites.apply(all);

    expect(changed).toEqual(["stable", "stable-rollback0"]);
    expect(plan.distributions[0]?.added.map(({ source }) => source)).toEqual(["a", "d", "loose"]);
    expect(plan.skipped).toEqual([
      { component: "main", source: "c", version: "2", reason: "lower", there: "3" },
      { component: "main", source: "old", version: "1", reason: "lower", there: "2" },
    ]);
    expect(await suites.sourcesOf("stable")).toEqual([
      "main a 1",
      "main b 1",
      "main c 3",
      "main d 1",
      "main loose 1",
      "main old 2",
    ]);
    await suites.apply({ ...all, force: true });
    expect(await suites.contentOf("stable")).toEqual(await suites.contentOf("testing"));
    expect((await suites.plan(all)).distributions).toEqual([]);
  });
});

test("thousands of packages at once", async ({ suites }) => {
  const many = Array.from({ length: 2100 }, (_, number) => ({ name: `p${number}`, version: "1" }));
  await suites.add("testing", ...many);
  await suites.install("testing", "hello", "1");
  await suites.install("stable", "hello", "0");
  await suites.add("stable", { name: "p7", version: "2" }, { name: "only-there", version: "1" });
  const request = { kind: "copy-all", from: "testing", to: "stable" } as const;
  const plan = await suites.plan(request);

  const applied = await suites.apply(request);

  expect(applied.plan).toEqual(plan);
  expect(plan.skipped).toMatchObject([{ source: "p7", reason: "lower", there: "2" }]);
  expect(plan.rollbacks).toEqual([{ component: "main", source: "hello", versions: ["0"] }]);
  expect(await suites.contentOf("stable")).toHaveLength(2100 + 3 + 1);
});
