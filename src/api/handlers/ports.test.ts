import { describe, expect, test } from "vitest";
import type { Given } from "../index.ts";
import { createFakeInstance } from "./testing.ts";

const admin = { level: "ADMIN", kind: "user", name: "root" } as const;

async function ask(name: string, given: Record<string, Given>, confirm?: string) {
  const { invoker } = createFakeInstance();
  return await invoker.invoke(name, given, { principal: admin, client: "-", confirm });
}
const planOf = async (name: string, given: Record<string, Given>) => {
  const answer = await ask(name, given);
  return answer.state === "unconfirmed" ? answer.plan : [];
};
const resultOf = async (name: string, given: Record<string, Given>) => {
  const answer = await ask(name, given, name);
  return answer.state === "done" ? answer.result : undefined;
};

describe("port", () => {
  const given = {
    source: "hello",
    from_distribution: "bookworm-test-stable-rollback0",
    to_distributions: "bookworm-test-*",
  };

  test("goes to all distributions that a pattern stands for", async () => {
    expect(await planOf("port", given)).toEqual([
      "Port hello to bookworm-test-stable.",
      "Port hello to bookworm-test-unstable.",
    ]);
    expect(await resultOf("port", given)).toMatchObject([
      { target: "bookworm-test-stable" },
      { target: "bookworm-test-unstable" },
    ]);
  });

  test("a version that is none is refused", async () => {
    await expect(planOf("port", { ...given, version: "1:2:3" })).rejects.toMatchObject({
      code: "bad_argument",
      params: { argument: "version" },
    });
  });
});

describe("keyring_packages", () => {
  test("says what it would make where, and what becomes of it", async () => {
    expect(await planOf("keyring_packages", {})).toEqual([
      "Make a package with the keys of this instance for bookworm-test-unstable; once it is installed, migrate it along all its suites.",
    ]);
    const named = { distributions: "bookworm-test-stable", without_migration: "True" };
    expect(await planOf("keyring_packages", named)).toEqual([
      "Make a package with the keys of this instance for bookworm-test-stable.",
    ]);
    expect(await resultOf("keyring_packages", named)).toMatchObject([{ target: "bookworm-test-stable" }]);
  });
});

describe("test_packages", () => {
  const given = { distributions: "bookworm-test-unstable", sources: "mbd-test-cpp" };

  test("says what it would build, all of them unless some are named", async () => {
    expect(await planOf("test_packages", given)).toEqual(["Build mbd-test-cpp for bookworm-test-unstable."]);
    expect(await planOf("test_packages", { ...given, sources: "" })).toEqual([
      "Build mbd-test-archall, mbd-test-cpp, mbd-test-ftbfs for bookworm-test-unstable.",
    ]);
    expect(await planOf("test_packages", {})).toEqual([
      "Make nothing: there is no suite named experimental.",
    ]);
    await expect(planOf("test_packages", { sources: "hello" })).rejects.toMatchObject({
      code: "bad_argument",
    });
  });

  test("only when it waits does it know how they ended", async () => {
    const [begun] = (await resultOf("test_packages", given)) as object[];
    const [ended] = (await resultOf("test_packages", { ...given, wait: "True" })) as object[];

    expect(begun).toMatchObject({ source: "mbd-test-cpp", expected: "INSTALLED" });
    expect(begun).not.toHaveProperty("got");
    expect(ended).toMatchObject({ source: "mbd-test-cpp", got: "FAILED" });
  });
});
