import { describe, expect } from "vitest";
import { test } from "./live-suites-support.ts";
import { testPackage } from "./suites-support.ts";

describe("remove", () => {
  const remove = { kind: "remove", distribution: "testing", source: "hello" } as const;

  test("keeps a rollback, or none when asked", async ({ suites }) => {
    await suites.install("testing", "hello", "1.0");

    const { plan } = await suites.apply(remove);

    expect(plan.distributions).toMatchObject([
      { distribution: "testing", added: [], removed: [{ version: "1.0", other: "testing-rollback0" }] },
      { distribution: "testing-rollback0", added: [{ version: "1.0", other: "testing" }] },
    ]);
    await suites.install("testing", "hello", "2.0");
    await suites.apply({ ...remove, keepRollback: false });
    expect(await suites.sources()).toEqual({ "testing-rollback0": ["main hello 1.0"] });
    await expect(suites.apply(remove)).rejects.toThrow("Source 'hello' in testing was not found.");
  });

  test("from a rollback closes the gap", async ({ suites }) => {
    for (const version of ["1", "2", "3"]) await suites.install("testing", "hello", version);

    const { changed, plan } = await suites.apply({ ...remove, distribution: "testing-rollback0" });

    expect(changed).toEqual(["testing-rollback0", "testing-rollback1"]);
    expect(plan.distributions).toMatchObject([
      { added: [{ version: "1", other: "testing-rollback1" }], removed: [{ version: "2" }] },
      { added: [], removed: [{ version: "1", other: "testing-rollback0" }] },
    ]);
    expect(await suites.sources()).toEqual({
      testing: ["main hello 3"],
      "testing-rollback0": ["main hello 1"],
    });
  });

  test("of one architecture takes loose packages only", async ({ suites }) => {
    await suites.add(
      "testing",
      { name: "hello", version: "1" },
      { name: "hello", version: "1", arch: "arm64" },
    );
    await suites.install("testing", "built", "1");

    await suites.apply({ ...remove, arch: "arm64" });

    expect(await suites.contentOf("testing")).toContain("main deb hello 1 amd64");
    expect(await suites.contentOf("testing")).not.toContain("main deb hello 1 arm64");
    await expect(suites.apply({ ...remove, arch: "arm64" })).rejects.toMatchObject({ code: "not_found" });
    await expect(suites.apply({ ...remove, source: "built", arch: "amd64" })).rejects.toThrow(
      "what testing has for amd64 is part of a release, which is removed as a whole",
    );
  });
});

describe("restore", () => {
  const restore = { kind: "restore", distribution: "testing-rollback1", source: "hello" } as const;

  test("makes a rollback live: what was live becomes rollback 0, the restored one leaves its position", async ({
    suites,
  }) => {
    for (const version of ["1", "2", "3"]) await suites.install("testing", "hello", version);

    await expect(suites.apply(restore)).rejects.toThrow("testing holds hello 3 now");
    const { plan, changed } = await suites.apply({ ...restore, replace: true });

    expect(changed).toEqual(["testing", "testing-rollback0", "testing-rollback1"]);
    expect(plan.distributions[0]).toMatchObject({
      added: [{ version: "1", other: "testing-rollback1" }],
      removed: [{ version: "3", other: "testing-rollback0" }],
    });
    expect(await suites.sources()).toEqual({
      testing: ["main hello 1"],
      "testing-rollback0": ["main hello 3"],
      "testing-rollback1": ["main hello 2"],
    });
  });

  test("where nothing is live the list only closes; a copy to the own live distribution is the same", async ({
    suites,
  }) => {
    for (const version of ["1", "2"]) await suites.install("testing", "hello", version);
    await suites.apply({ kind: "remove", distribution: "testing", source: "hello" });

    await suites.apply({ kind: "copy", from: "testing-rollback0", to: "testing", source: "hello" });

    expect(await suites.sources()).toEqual({
      testing: ["main hello 2"],
      "testing-rollback0": ["main hello 1"],
    });
    await suites.apply({ kind: "copy", from: "testing-rollback0", to: "stable", source: "hello" });
    expect(await suites.sourcesOf("stable")).toEqual(["main hello 1"]);
  });
});

describe("add", () => {
  test("newer packages replace older of the same name and architecture; the same again is nothing to do", async ({
    db,
    suites,
  }) => {
    await suites.add(
      "testing",
      { name: "hello", version: "1" },
      { name: "hello", version: "1", arch: "arm64" },
    );

    const { plan } = await suites.add("testing", { name: "hello", version: "2" });
    const again = await suites.add("testing", { name: "hello", version: "2" });

    expect(plan.distributions).toMatchObject([{ added: [{ version: "2" }], removed: [{ version: "1" }] }]);
    expect(await suites.contentOf("testing")).toEqual(["main deb hello 1 arm64", "main deb hello 2 amd64"]);
    expect(again).toMatchObject({ changed: [], plan: { distributions: [], skipped: [{ reason: "same" }] } });
    const row = await db.read
      .selectFrom("archive_distribution")
      .select("wanted_publish")
      .where("name", "=", "testing")
      .executeTakeFirstOrThrow();
    expect(again.publish).toBe(Number(row.wanted_publish));
  });

  test("refuses lower versions, other bytes, and architectures that nobody would see", async ({ suites }) => {
    await suites.add("testing", { name: "hello", version: "2" });
    const lower = [testPackage("main", { name: "hello", version: "1" })];
    const request = { kind: "add", distribution: "testing", component: "main", packages: lower } as const;

    await expect(suites.apply(request)).rejects.toThrow(
      "Version 1 of hello is lower than 2, which testing has.",
    );
    await expect(suites.add("testing", { name: "hello", version: "2", variant: "x" })).rejects.toMatchObject({
      code: "pool_conflict",
    });
    await expect(suites.add("testing", { name: "hello", version: "3", arch: "s390x" })).rejects.toThrow(
      "hello 3 is for s390x, which testing does not have (amd64, arm64)",
    );
    expect((await suites.apply({ ...request, lower: "skip" })).changed).toEqual([]);
    await suites.apply({ ...request, lower: "replace" });
    expect(await suites.contentOf("testing")).toEqual(["main deb hello 1 amd64"]);
  });

  test("keeps several versions where the suite does, the highest", async ({ suites }) => {
    await suites.live("archive", { rollbacks: 0, versions: 2 });

    await suites.add("archive", ...["1", "3", "2"].map((version) => ({ name: "hello", version })));

    expect(await suites.contentOf("archive")).toEqual(["main deb hello 2 amd64", "main deb hello 3 amd64"]);
  });

  test("a release whose last package is replaced goes to the rollbacks", async ({ suites }) => {
    await suites.install("testing", "hello", "1");
    const newer = (name: string, arch: string, kind: "deb" | "dsc") => ({
      name,
      arch,
      kind,
      version: "2",
      source: "hello",
    });

    await suites.add("testing", newer("hello", "amd64", "deb"), newer("hello", "source", "dsc"));
    expect(await suites.sources()).toEqual({ testing: ["main hello 1", "main hello 2"] });
    await suites.add("testing", newer("hello-doc", "all", "deb"));

    expect(await suites.sources()).toEqual({
      testing: ["main hello 2"],
      "testing-rollback0": ["main hello 1"],
    });
  });

  test("an install takes loose packages of its version into the release", async ({ suites }) => {
    await suites.add("testing", { name: "hello", version: "1" });

    const { plan } = await suites.install("testing", "hello", "1");

    expect(plan.distributions[0]?.removed).toEqual([]);
    expect(plan.distributions[0]?.added[0]?.packages).toHaveLength(2);
    await expect(suites.install("testing", "hello", "1")).rejects.toMatchObject({ code: "version_exists" });
    await expect(suites.install("testing", "hello", "0")).rejects.toMatchObject({ code: "version_lower" });
  });

  test("what a release lost to a newer package can come back, so nothing may take its name", async ({
    suites,
  }) => {
    await suites.install("testing", "hello", "1");
    await suites.add("testing", { name: "hello", version: "1+b1", source: "hello", sourceVersion: "1" });
    const other = testPackage("contrib", { name: "hello", version: "1", variant: "x" });
    const request = { kind: "add", distribution: "stable", component: "contrib", packages: [other] } as const;

    await expect(suites.plan(request)).rejects.toMatchObject({ code: "pool_conflict" });
    await expect(suites.apply(request)).rejects.toMatchObject({ code: "pool_conflict" });
  });
});
