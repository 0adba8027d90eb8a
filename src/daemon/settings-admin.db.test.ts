import { afterEach, beforeEach, expect, test } from "vitest";
import type { SettingsAdmin } from "#api";
import { type Database, openTestDatabase } from "#db";
import { systemClock } from "#platform";
import { createRepositoryService } from "#repositories";
import { createSettingsAdmin } from "./settings-admin.ts";

let db: Database;
let settings: SettingsAdmin;
beforeEach(async () => {
  db = await openTestDatabase();
  const ensureDistribution = async () => 1;
  const service = createRepositoryService({
    ...{ db, clock: systemClock, identity: "acme", hostname: "host", ensureDistribution },
  });
  settings = createSettingsAdmin({
    db,
    clock: systemClock,
    ensureDistribution,
    audit: { done: async () => undefined },
  });
  await db.write((tx) =>
    service.create(tx, { identity: "test", layout: "Default", allowUnauthenticatedUploads: true }),
  );
});
afterEach(() => db.close());

test("settings are lines for people, and what cannot be changed is marked", async () => {
  const { text, result } = await settings({ command: "show", kind: "repository", name: "test" });

  expect(text).toContain("identity                      : test\n");
  expect(text).toContain("allow_unauthenticated_uploads = yes\n");
  expect(result).toMatchObject({
    kind: "repository",
    settings: expect.arrayContaining([
      expect.objectContaining({ name: "active", value: "yes", choices: ["yes", "no"] }),
      expect.objectContaining({ name: "layout", fixed: expect.stringContaining("suites are published") }),
    ]),
  });
});

test("a change says what was and what is", async () => {
  const values = { description: "For tests", active: "yes" };

  const first = await settings({ command: "set", kind: "repository", name: "test", values });
  const again = await settings({ command: "set", kind: "repository", name: "test", values });

  expect(first.text).toBe("description: (nothing) → For tests\n");
  expect(again.text).toBe("repository test is so already\n");
});

test("layouts are listed with their suites and repositories, shown, added and changed", async () => {
  const text = "Layout: small\n\nSuite: unstable\n";

  const added = await settings({ command: "layout-add", text });
  const changed = await settings({ command: "layout-change", text: `${text}Rollback: 2\n` });
  const listed = await settings({ command: "layout-list" });
  const shown = await settings({ command: "layout-show", name: "small" });

  expect([added.text, changed.text]).toEqual([
    "layout small: added\n",
    "layout small: rollback of suite unstable is 2\n",
  ]);
  expect(listed.text).toContain("Default\texperimental snapshot unstable testing hotfix stable\ttest\n");
  expect(listed.text).toContain("small\tunstable\n");
  expect(shown.text).toContain("Suite: unstable\nUploadable: yes\n");
  expect(shown.result).toMatchObject({ name: "small", suites: [{ name: "unstable", rollback: 2 }] });
});

test("blocks are made, listed with what lists them, shown with their text, and removed", async () => {
  const text = "echo '$HOME'\n";
  const own = { name: "own", phase: "build" as const, text, packages: [], variables: ["A=b c"], path: [] };

  const first = await settings({ command: "block-set", ...own });
  const again = await settings({ command: "block-set", ...own });
  const shown = await settings({ command: "block-show", name: "own" });
  const listed = await settings({ command: "block-list" });
  const removed = await settings({ command: "block-remove", name: "own" });

  expect([first.text, again.text]).toEqual(["block own has version 1\n", "block own is so already\n"]);
  expect(first.notes).toEqual([expect.stringContaining('blocks="… own"')]);
  expect(shown.text).toBe(`block: own\nversion: 1\nphase: build\nvariables: A=b c\n\n${text}`);
  expect(listed.text).toContain("own\t1\tbuild\t\tof your own\n");
  expect(listed.text).toMatch(/^ccache\t1\tbuild\t\tCompiles by ccache/m);
  expect(removed.text).toBe("block own is removed\n");
});

test("holds are listed, refused where nothing is, and lifted only where there is one", async () => {
  const hold = { distribution: "bookworm-test-unstable", source: "hello" };

  expect((await settings({ command: "hold-list" })).text).toBe("");
  await expect(settings({ command: "hold-set", ...hold, reason: "bug 42" })).rejects.toMatchObject({
    code: "unknown_codename",
  });
  const row = { ...hold, reason: "bug 42", held_by: "administrator", created_at: "2024-01-02T00:00:00.000Z" };
  await db.write((tx) => tx.insertInto("migration_hold").values(row).execute());
  const listed = await settings({ command: "hold-list" });
  const lifted = await settings({ command: "hold-lift", ...hold });

  expect(listed.text).toBe(
    "bookworm-test-unstable\thello\tadministrator\t2024-01-02T00:00:00.000Z\tbug 42\n",
  );
  expect(lifted.text).toBe("hello is not held in bookworm-test-unstable any more\n");
  expect((await settings({ command: "hold-list" })).result).toEqual([]);
});
