import { describe, expect, test } from "vitest";
import { NOBODY, type Principal } from "#accounts";
import { createFakeInstance, createHandlers } from "./handlers/index.ts";
import { createInvoker, plainResult } from "./invoke.ts";

const staff: Principal = { level: "STAFF", kind: "token", name: "ci" };
const admin: Principal = { level: "ADMIN", kind: "user", name: "root" };
const bkey = "hello/2.10-3~test12+1/20240102T030000Z/source";
const from = (principal: Principal, confirm?: string) => ({ principal, client: "192.0.2.1", confirm });

describe("a call without confirmation", () => {
  test("runs for anybody and gives what its schema says", async () => {
    const { invoker } = createFakeInstance();
    const answer = await invoker.invoke("status", { with_repositories: "True" }, from(NOBODY));
    expect(answer).toMatchObject({
      state: "done",
      result: { identity: "acme", repositories: [{ identity: "test" }] },
    });
  });
  test("leaves out what was not asked for", async () => {
    const { invoker } = createFakeInstance();
    const answer = await invoker.invoke("status", {}, from(NOBODY));
    expect(answer.state === "done" && answer.result).not.toHaveProperty("repositories");
  });
});

describe("a call that takes long", () => {
  test("asks whether somebody who is not signed in may have it", async () => {
    const asked: string[] = [];
    const instance = createFakeInstance();
    const invoker = createInvoker({
      handlers: createHandlers(instance.deps),
      known: instance.invoker.known,
      running: () => true,
      audit: () => undefined,
      admit: (client) => void asked.push(client),
    });

    await invoker.invoke("search", { pattern: "hello" }, from(NOBODY));
    await invoker.invoke("search", { pattern: "hello" }, from(staff));
    await invoker.invoke("status", {}, from(NOBODY));

    expect(asked).toEqual(["192.0.2.1"]);
  });
});

describe("a call with confirmation", () => {
  test("unconfirmed it shows its plan and changes nothing", async () => {
    const instance = createFakeInstance();
    const answer = await instance.invoker.invoke("cancel", { bkey }, from(staff));
    expect(answer).toMatchObject({
      state: "unconfirmed",
      given: { bkey },
      plan: [expect.stringContaining(bkey)],
    });
    expect(instance.packagings.get(bkey)).toBe("FAILED");
    expect(instance.audit).toEqual([]);
  });
  test("the name of another call is no confirmation", async () => {
    const { invoker } = createFakeInstance();
    const answer = await invoker.invoke("cancel", { bkey }, from(staff, "retry"));
    expect(answer.state).toBe("unconfirmed");
  });
  test("confirmed it runs, and a record says who did it and from where", async () => {
    const instance = createFakeInstance();
    await instance.invoker.invoke("cancel", { bkey }, from(staff, "cancel"));
    expect(instance.packagings.get(bkey)).toBe("CANCELLED");
    expect(instance.audit).toEqual([
      { call: "cancel", principal: staff, client: "192.0.2.1", given: { bkey }, outcome: "done" },
    ]);
  });
  test("a failure is recorded too", async () => {
    const instance = createFakeInstance();
    instance.deps.retry.retry = async () => await Promise.reject(new Error("disk on fire"));
    await expect(instance.invoker.invoke("retry", { bkey }, from(staff, "retry"))).rejects.toThrow(
      "disk on fire",
    );
    expect(instance.audit).toMatchObject([{ call: "retry", outcome: "failed", error: "disk on fire" }]);
  });
});

describe("who may", () => {
  test.each([
    ["nobody", NOBODY, "unauthenticated", "Call 'setup' needs a sign-in of level ADMIN."],
    ["a lower level", staff, "forbidden", "Call 'setup' needs level ADMIN; yours is STAFF."],
  ])("%s is refused before anything is looked at", async (_who, principal, code, message) => {
    const { invoker } = createFakeInstance();
    await expect(invoker.invoke("setup", {}, from(principal, "setup"))).rejects.toMatchObject({
      code,
      message,
    });
  });
  test("a higher level may do what a lower one may", async () => {
    const { invoker } = createFakeInstance();
    const answer = await invoker.invoke("cancel", { bkey }, from(admin, "cancel"));
    expect(answer.state).toBe("done");
  });
});

test("without the running engine, calls that need it say so", async () => {
  const instance = createFakeInstance();
  instance.engineRuns = false;
  await expect(instance.invoker.invoke("cancel", { bkey }, from(staff, "cancel"))).rejects.toMatchObject({
    code: "engine_stopped",
  });
  expect((await instance.invoker.invoke("status", {}, from(NOBODY))).state).toBe("done");
});

test("unknown calls are named", async () => {
  const { invoker } = createFakeInstance();
  await expect(invoker.invoke("frobnicate", {}, from(admin))).rejects.toThrow(
    "There is no call 'frobnicate'.",
  );
});

test("a result that is not what the schema promises never leaves", async () => {
  const instance = createFakeInstance();
  const wrong = { run: async () => 17 } as never;
  const invoker = createInvoker({
    handlers: { pub_key: wrong } as never,
    known: instance.invoker.known,
    running: () => true,
    audit: () => undefined,
  });
  await expect(invoker.invoke("pub_key", {}, from(NOBODY))).rejects.toThrow();
});

test("plain form: text as it is, the rest as indented JSON", () => {
  expect(plainResult("text\n")).toBe("text\n");
  expect(plainResult({ a: 1 })).toBe('{\n  "a": 1\n}\n');
});
