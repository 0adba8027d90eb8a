import { beforeEach, describe, expect, test } from "vitest";
import type { Principal } from "#accounts";
import type { Given } from "../index.ts";
import { createFakeInstance, type FakeInstance } from "./testing.ts";

const jane: Principal = { kind: "user", name: "jane", level: "LOGIN", userId: 7 };
const FINGERPRINT = "A".repeat(40);

let instance: FakeInstance;
beforeEach(() => {
  instance = createFakeInstance();
});

const ask = (name: string, given: Record<string, Given>, principal: Principal = jane, confirm?: string) =>
  instance.invoker.invoke(name, given, { principal, client: "192.0.2.1", confirm });

describe("subscriptions", () => {
  test("each answer lists all that are there then; without a name they are for any", async () => {
    const one = await ask("subscribe", { package: "hello" });
    const two = await ask("subscribe", {});
    const three = await ask("unsubscribe", { package: "hello" });

    const hello = { package: "hello", distribution: "" };
    const any = { package: "", distribution: "" };
    expect([one, two, three]).toMatchObject([
      { result: [hello] },
      { result: [hello, any] },
      { result: [any] },
    ]);
    expect(instance.audit.map((entry) => entry.call)).toEqual(["subscribe", "subscribe", "unsubscribe"]);
  });
});

describe("set_user_key", () => {
  test("says first what it would do, and what becomes of the former key", async () => {
    const before = await ask("set_user_key", { key: FINGERPRINT });
    await ask("set_user_key", { key: FINGERPRINT }, jane, "set_user_key");
    const other = await ask("set_user_key", { key: "B".repeat(40) });
    const same = await ask("set_user_key", { key: FINGERPRINT });

    expect(before).toMatchObject({
      plan: [
        `Set key ${FINGERPRINT} (Jane <jane@example.org>) as the key of jane.`,
        "It uploads nothing before an administrator has activated it.",
      ],
    });
    expect(other.state === "unconfirmed" && other.plan[1]).toBe(`It replaces key ${FINGERPRINT}.`);
    expect(same.state === "unconfirmed" && same.plan[1]).toBe("It is the present key: its data are renewed.");
  });

  test("refuses what is no key before it is confirmed", async () => {
    await expect(ask("set_user_key", { key: "hello" })).rejects.toMatchObject({ code: "bad_argument" });
  });
});

test.each([
  ["the machine's own socket", { kind: "local", name: "local", level: "ADMIN" }],
  ["a token of nobody", { kind: "token", name: "ci", level: "STAFF" }],
] as const)("%s is no user", async (_what, principal) => {
  for (const [name, given] of [
    ["subscribe", {}],
    ["unsubscribe", {}],
    ["set_user_key", { key: FINGERPRINT }],
  ] as const)
    await expect(ask(name, given, principal, name)).rejects.toMatchObject({
      code: "not_a_user",
      message: `Call '${name}' is for users; '${principal.name}' is none.`,
    });
});
