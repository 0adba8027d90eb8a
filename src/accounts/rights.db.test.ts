import { beforeEach, describe, expect, test } from "vitest";
import { type Bench, BOSS, openBench } from "./test-support.ts";
import { rightText, WHOLE } from "./upload-scope.ts";

let bench: Bench;
let jane: number;
beforeEach(async () => {
  bench = await openBench();
  jane = await bench.addUser("jane");
  await bench.addRepository("test");
});

interface Given {
  readonly repository?: string;
  readonly suites?: readonly string[];
  readonly sources?: readonly string[];
}

const give = (right: Given = {}) =>
  bench.accounts.rights.give(jane, { repository: "test", ...WHOLE, ...right }, BOSS);
const have = async () => (await bench.accounts.rights.of(jane)).map(rightText);

describe("upload rights", () => {
  test("add up, one of each kind, and are recorded with what they are for", async () => {
    await give();
    await give({ suites: ["unstable"], sources: ["foo-*", "bar"] });
    await give({ suites: ["unstable", "unstable"], sources: ["bar", "foo-*"] });

    await expect(have()).resolves.toEqual(["test", "test (bar, foo-* to unstable)"]);
    const records = await bench.accounts.audit.latest({ limit: 9, action: "user.give_right" });
    expect(records.map((row) => row.given)).toEqual([
      { user: "jane", right: "test (bar, foo-* to unstable)" },
      { user: "jane", right: "test" },
    ]);
  });

  test("are taken one by one, and of nobody else", async () => {
    const john = await bench.addUser("john");
    await give();
    await give({ suites: ["unstable"] });
    const [whole] = await bench.accounts.rights.of(jane);

    await expect(bench.accounts.rights.take(john, whole?.id ?? 0, BOSS)).rejects.toMatchObject({
      code: "not_found",
    });
    await bench.accounts.rights.take(jane, whole?.id ?? 0, BOSS);

    await expect(have()).resolves.toEqual(["test (everything to unstable)"]);
    await expect(bench.accounts.audit.latest({ limit: 1 })).resolves.toMatchObject([
      { action: "user.take_right", given: { user: "jane", right: "test" } },
    ]);
  });

  const SUITES = "repository 'test' has no suite";
  test.each<[string, Given, string]>([
    ["a repository that is not there", { repository: "nope" }, "There is no repository 'nope'."],
    [
      "a suite that is not there",
      { suites: ["unstable", "sid"] },
      `Argument 'suites': ${SUITES} 'sid' that takes uploads, but: experimental, unstable.`,
    ],
    [
      "a suite that takes no uploads",
      { suites: ["testing"] },
      `Argument 'suites': ${SUITES} 'testing' that takes uploads, but: experimental, unstable.`,
    ],
    [
      "what is no pattern",
      { sources: ["foo-*", "[a]"] },
      "Argument 'sources': '[a]' is neither a source name nor a pattern of such with * and ?, like linux-*.",
    ],
    ["too many patterns", { sources: Array(51).fill("a*") }, "Argument 'sources': more than 50 are given."],
  ])("are not given for %s", async (_what, right, message) => {
    await expect(give(right)).rejects.toMatchObject({ message });

    await expect(have()).resolves.toEqual([]);
  });
});
