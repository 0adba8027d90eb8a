import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LAYOUTS, type ResolvedDistribution } from "#repositories";
import { type Bench, openBench } from "./test-support.ts";
import { checkVersionForm, checkVersionIsNew, type Place } from "./version-rules.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.db.close());

/** A suite of repository `test`, on a base with this codeversion. */
function target(suiteName = "unstable", codeversion = "12", layout = 0): ResolvedDistribution {
  const spec = LAYOUTS[layout];
  const suite = spec?.suites.find(({ name }) => name === suiteName);
  const rows = {
    ...{ layout: spec, suite, name: `bookworm-test-${suiteName}` },
    ...{ repository: { identity: "test" }, source: { codeversion, codeversion_override: null } },
  };
  return rows as unknown as ResolvedDistribution;
}

const candidate = (version: string, where = target()) => ({
  ...{ source: "hello", version, component: "main", target: where },
});

/** 9.3 of names-and-versions.md is tested whole beside the expression; here: which rule a suite has, and its error. */
describe("the form of a version", () => {
  test.each([
    ["1.0~test12+1", "unstable", "12", 0],
    ["1.0-3~test2404+1", "unstable", "2404", 0],
    ["1.0~test~SID+1", "hotfix", "~SID", 0],
    ["1.0~test12+0ci5", "experimental", "12", 0],
    ["1.0~test12+0", "snapshot", "12", 0],
    ["2.0-3", "unstable", "~SID", 2],
    ["2.0-3", "experimental", "~SID", 2],
  ])("%s fits %s on %s, layout %s", (version, ...where) => {
    expect(() => checkVersionForm(candidate(version, target(...where)))).not.toThrow();
  });

  test.each([
    ["1.0~test12+0", "version_restriction", "unstable", "12", 0],
    ["1.0~test12+1", "version_restriction", "experimental", "12", 0],
    ["1.0~test12+1", "version_restriction", "snapshot", "12", 0],
    ["1.0~test11+1", "version_restriction", "unstable", "12", 0],
    ["1.0~testSID+1", "version_restriction", "unstable", "~SID", 0],
    ["2.0_3", "bad_version", "unstable", "~SID", 2],
    ["1:2:3", "bad_version", "unstable", "12", 0],
  ])("%s is a %s in %s on %s, layout %s", (version, code, ...where) => {
    expect(() => checkVersionForm(candidate(version, target(...where)))).toThrow(
      expect.objectContaining({ code }),
    );
  });

  test("that has the part, but something behind it that must not be there, is told what may follow", () => {
    expect(() => checkVersionForm(candidate("1.0~test12+1-3"))).toThrow(
      /must end in a text that matches ~test12.*; only lower-case letters, digits, dots and parts .* may follow that\.$/,
    );
  });
});

const place = (version: string, distribution = "bookworm-test-unstable", component = "main"): Place => ({
  ...{ distribution, kind: "live", component, version },
});

async function check(version: string, places: readonly Place[], but?: string): Promise<unknown> {
  return await checkVersionIsNew(bench.db.read, places, candidate(version), but).catch(
    (error: unknown) => error,
  );
}

describe("a version is new to the repository", () => {
  test.each([
    ["the suite itself", place("1.0~test12+1")],
    ["another codename", place("1.0~test12+1", "trixie-test-stable")],
    ["a rollback", { ...place("1.0~test12+1", "bookworm-test-stable-rollback3"), kind: "rollback" }],
    ["a snapshot", { ...place("1.0~test12+1", "bookworm-test-stable/snapshots/x"), kind: "snapshot" }],
    ["another component", place("1.0~test12+1", "bookworm-test-unstable", "contrib")],
  ])("not when %s holds it", async (_what, held) => {
    expect(await check("1.0~test12+1", [held])).toMatchObject({
      code: "version_exists",
      message: `hello 1.0~test12+1 is already in ${held.distribution}.`,
    });
  });

  test.each([
    ["0:1.0~test12+1", "1.0~test12+1"],
    ["1.0~test12+1", "0:1.0~test12+1"],
    ["1.0-0~test12+1", "1.00-0~test12+1"],
  ])("%s is %s, as they compare equal", async (version, held) => {
    expect(await check(version, [place(held)])).toMatchObject({ code: "version_exists" });
  });

  test("all places are named, once each", async () => {
    const held = [
      place("1.0~test12+1"),
      place("1.0~test12+1"),
      place("1.0~test12+1", "bookworm-test-testing"),
    ];

    expect(await check("1.0~test12+1", held)).toMatchObject({
      message: "hello 1.0~test12+1 is already in bookworm-test-unstable, bookworm-test-testing.",
    });
  });

  test("not while another packaging of the repository has it, whatever its codename", async () => {
    const bkey = "hello/1.0~test12+1/20240102T030000Z/source";
    const id = await bench.addPackaging(await bench.addUpload(), {
      ...{ version: "1.0~test12+1", bkey, distribution: "trixie-test-unstable", codename: "trixie" },
    });

    expect(await check("1.0~test12+1", [])).toMatchObject({ code: "in_progress" });
    expect(await check("1.0~test12+2", [])).toBeUndefined();
    expect(await check("1.0~test12+1", [], bkey)).toBeUndefined();
    await bench.db.write((tx) =>
      tx.updateTable("packaging").set({ state: "FAILED" }).where("id", "=", id).execute(),
    );
    expect(await check("1.0~test12+1", [])).toBeUndefined();
  });
});

describe("a version is not lower", () => {
  test("than the one in the suite, in the same component", async () => {
    expect(await check("1.0~test12+1", [place("1.0~test12+2")])).toMatchObject({ code: "version_lower" });
    expect(await check("9.9~test12+1", [place("1:0.1~test12+1")])).toMatchObject({ code: "version_lower" });
    expect(await check("1:0.1~test12+1", [place("9.9~test12+1")])).toBeUndefined();
  });

  test("than the highest of several that stand side by side", async () => {
    const held = [place("1.0~test12+1"), place("3.0~test12+1"), place("2.0~test12+1")];

    expect(await check("2.5~test12+1", held)).toMatchObject({
      message: expect.stringContaining("lower than 3.0~test12+1"),
    });
  });

  test("whatever other suites, rollbacks and components hold", async () => {
    const held = [
      place("2.0~test12+1", "bookworm-test-stable"),
      place("2.0~test12+2", "bookworm-test-unstable-rollback0"),
      place("2.0~test12+3", "bookworm-test-unstable", "contrib"),
    ];

    expect(await check("1.0~test12+1", held)).toBeUndefined();
  });
});
