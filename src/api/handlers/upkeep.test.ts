import { describe, expect, test } from "vitest";
import type { Principal } from "#accounts";
import { createCronjob } from "./cronjob.ts";
import { createRemakeChroots } from "./remake-chroots.ts";

const ADMIN: Principal = { level: "ADMIN", kind: "user", name: "anna" };
const context = { principal: ADMIN, client: "-", given: {} };

describe("remake_chroots", () => {
  const asked: string[][] = [];
  const call = createRemakeChroots({
    keys: async () => ["bookworm:amd64", "sid:amd64"],
    async remake(keys) {
      asked.push([...keys]);
      return keys.map((key) =>
        key.startsWith("sid")
          ? { key, steps: ["prepare" as const], error: "it does not start" }
          : { key, steps: ["prepare" as const, "check" as const, "activate" as const, "remove" as const] },
      );
    },
  });

  test("makes all unless some are named, and tells of each how far it went", async () => {
    const all = await call.run({ keys: [] }, context);
    await call.run({ keys: ["sid:amd64", "sid:amd64"] }, context);

    expect(all).toEqual([
      { key: "bookworm:amd64", steps: ["prepare", "check", "activate", "remove"] },
      { key: "sid:amd64", steps: ["prepare"], error: "it does not start" },
    ]);
    expect(asked).toEqual([["bookworm:amd64", "sid:amd64"], ["sid:amd64"]]);
  });

  test("makes none when one is not there", async () => {
    const wanted = { keys: ["bookworm:amd64", "bookworm:s390x"] };

    await expect(call.plan?.(wanted, context)).rejects.toThrow("Chroot 'bookworm:s390x'");
    await expect(call.run(wanted, context)).rejects.toMatchObject({ code: "not_found" });
    expect(asked).toHaveLength(2);
  });
});

describe("cronjob", () => {
  let lines: string[] | undefined;
  const call = createCronjob({
    names: ["retention", "chroots"],
    plan: async (name) => (name === "retention" ? lines : undefined),
    run: async (name) => `${name} done`,
  });
  const planOf = async (id: string) => await call.plan?.({ id }, context);
  const runs = (id: string) => `Run cron job ${id} now; its schedule goes on as before.`;

  test("tells what it would do, of much the beginning, where that can be told", async () => {
    lines = ["log of hello", "1 event"];
    expect(await planOf("retention")).toEqual([runs("retention"), "log of hello", "1 event"]);
    expect(await planOf("chroots")).toEqual([runs("chroots")]);

    lines = [];
    expect(await planOf("retention")).toEqual([runs("retention"), "There is nothing for it to do now."]);

    lines = Array.from({ length: 1000 }, (_, nth) => `log ${nth}`);
    const long = (await planOf("retention")) ?? [];
    expect(long).toHaveLength(52);
    expect(long.slice(-2)).toEqual(["log 49", "and 950 more"]);
  });

  test("runs what is named and tells what came of it", async () => {
    expect(await call.run({ id: "retention" }, context)).toEqual({
      id: "retention",
      outcome: "retention done",
    });
  });

  test("names what there is", async () => {
    await expect(call.plan?.({ id: "nope" }, context)).rejects.toThrow(
      "'nope' is not one of: retention, chroots",
    );
  });
});
