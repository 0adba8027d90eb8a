import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createLayouts, formatLayout, type Layouts, layoutJson, parseLayout } from "./index.ts";
import { BY, openSettingsBench, type SettingsBench } from "./settings/settings-support.ts";

const OWN = `# Two suites are enough.
Layout: small
Meta-Distributions: dev=bookworm-unstable

Suite: unstable
Migrates-To: stable
Build-Keyring-Package: yes

Suite: stable
Uploadable: no
Rollback: 2
`;

let bench: SettingsBench;
let layouts: Layouts;
beforeEach(async () => {
  bench = await openSettingsBench();
  layouts = createLayouts(bench.deps);
});
afterEach(() => bench.db.close());

async function fileOf(name: string): Promise<string> {
  return formatLayout((await layouts.find(name)).spec);
}

describe("an own layout", () => {
  test("is added from paragraphs, and a repository can have it", async () => {
    await layouts.add(OWN, BY);
    await bench.addRepository("mine", "small", await bench.addSource("bookworm"));

    const { spec, usedBy } = await layouts.find("small");

    expect(usedBy).toEqual(["mine"]);
    expect(spec).toMatchObject({
      default_version: "~%IDENTITY%%CODEVERSION%+1",
      meta_distributions: "dev=bookworm-unstable",
      suites: [
        { name: "unstable", uploadable: 1, migrates_to: "stable", build_keyring_package: 1, rollback: 0 },
        { name: "stable", uploadable: 0, not_automatic: 1, but_automatic_upgrades: 1, rollback: 2 },
      ],
    });
    expect(bench.records).toEqual([{ action: "layout.add", given: { layout: "small" } }]);
  });

  test("is the same as paragraphs and as JSON", () => {
    const spec = parseLayout(OWN);

    expect(parseLayout(formatLayout(spec))).toEqual(spec);
    expect(parseLayout(JSON.stringify(layoutJson(spec)))).toEqual(spec);
  });

  test.each([
    ["", /it is empty/],
    ["{", /no JSON/],
    ['{"name": "x"}', /no list 'suites'/],
    ['{"name": "x", "suites": [1]}', /a suite is no JSON object/],
    ['{"name": "x", "suites": [{"name": "a", "rollback": [1]}]}', /"rollback" is no single value/],
    ["Suite: a\n", /no name \(layout\)/],
    ["Layout: x\n", /it has no suite/],
    ["Layout: Big\n\nSuite: a\n", /"Big" is not a name for a layout/],
    ["Layout: default\n\nSuite: a\n", /"default" is a layout of the program/],
    ["Layout: x\nColour: blue\n\nSuite: a\n", /layout x has no setting "colour"; there are default_version/],
    ["Layout: x\n\nSuite: a\nRollback: many\n", /rollback of suite a: "many" is not a whole number/],
    ["Layout: x\n\nSuite: a\n\nSuite: a\n", /suite a is there twice/],
    ["Layout: x\n\nSuite: rollback\n", /not 'rollback'/],
    ["Layout: x\n\nSuite: a1\n", /lower-case letters/],
    ["Layout: x\n\nSuite: a\nExperimental: yes\nUploadable: no\n", /must be uploadable/],
    [
      "Layout: x\n\nSuite: a\nExperimental: yes\nMigrates-To: b\n\nSuite: b\nUploadable: no\n",
      /must not migrate/,
    ],
    ["Layout: x\n\nSuite: a\nMigrates-To: b\n\nSuite: b\n", /which takes uploads/],
    [
      "Layout: x\n\nSuite: a\nUploadable: no\nMigrates-To: b\n\nSuite: b\nUploadable: no\nMigrates-To: a\n",
      /migrates in a circle \(a, b\)/,
    ],
    ["Layout: x\n\nSuite: a\nUploadable: no\nMigrates-To: a\n", /migrates in a circle \(a\)/],
    ["Layout: x\n\nSuite: a\nNot-Automatic: no\n", /for suites that are not_automatic/],
    ["Layout: x\nDefault-Version: +1\n\nSuite: a\n", /does not satisfy its own mandatory expression/],
    ["Layout: x\nDefault-Version: _\nMandatory-Version-Regex: .*\n\nSuite: a\n", /does not make a version/],
    ["Layout: x\nMandatory-Version-Regex: (\n\nSuite: a\n", /is no regular expression/],
    [
      "Layout: x\nMeta-Distributions: a=sid-b a=sid-c\n\nSuite: b\n",
      /the meta distribution a is there twice/,
    ],
  ])("%j is refused in one sentence", async (text, reason) => {
    const refusal = await layouts.add(text, BY).catch((error: unknown) => error);

    expect(refusal).toMatchObject({ code: "bad_argument", message: expect.stringMatching(reason) });
    expect((refusal as Error).message).toMatch(/^[^\n]+\.$/);
    expect(await bench.db.read.selectFrom("layout").selectAll().execute()).toEqual([]);
  });

  test("is not added twice", async () => {
    await layouts.add(OWN, BY);

    await expect(layouts.add(OWN, BY)).rejects.toThrow("there is a layout small already");
  });
});

describe("a layout in use", () => {
  beforeEach(async () => {
    await layouts.add(OWN, BY);
    await bench.addRepository("mine", "small", await bench.addSource("bookworm"));
  });

  test("gets new suites and more rollbacks, published in each repository that has it", async () => {
    const file = `${(await fileOf("small")).replace("Rollback: 2", "Rollback: 3")}\nSuite: hotfix\nMigrates-To: stable\n`;

    const changed = await layouts.change(file, BY);

    expect(changed.done).toEqual(["rollback of suite stable is 3", "suite hotfix is new"]);
    const names = bench.published.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["bookworm-mine-hotfix", "bookworm-mine-stable-rollback2"]));
    expect(bench.records.at(-1)).toMatchObject({ action: "layout.change", given: { layout: "small" } });
  });

  test("that a file says as it is does not change", async () => {
    const changed = await layouts.change(await fileOf("small"), BY);

    expect([changed.done, bench.published, bench.records.length]).toEqual([[], [], 1]);
  });

  test.each([
    ["fewer rollbacks", /Rollback: 2/, "Rollback: 1", /there can only be more/],
    [
      "another priority",
      /Not-Automatic: yes\nBut-Automatic-Upgrades: yes\n/,
      "Not-Automatic: yes\nBut-Automatic-Upgrades: no\n",
      /but_automatic_upgrades of suite unstable cannot be changed/,
    ],
  ])("refuses %s", async (_what, from, to, reason) => {
    await expect(layouts.change((await fileOf("small")).replace(from, to), BY)).rejects.toThrow(reason);
  });

  const withoutUnstable = (file: string) => file.replace(/Suite: unstable\n(?:.+\n)+\n/, "");

  test("loses a suite that is empty", async () => {
    const { done } = await layouts.change(withoutUnstable(await fileOf("small")), BY);

    expect(done).toEqual(["suite unstable is gone"]);
  });

  test("keeps a suite that packages are on their way to, or are in", async () => {
    const file = withoutUnstable(await fileOf("small"));
    await bench.addPackaging({ repository: "mine", distribution: "bookworm-mine-unstable" });
    await expect(layouts.change(file, BY)).rejects.toMatchObject({ code: "setting_busy" });
    await bench.db.write(async (tx) => {
      await tx.updateTable("packaging").set({ state: "FAILED" }).execute();
      const { id } = await tx
        .insertInto("archive_distribution")
        .values({
          ...{ repository: "mine", name: "bookworm-mine-unstable", kind: "live", components: "[]" },
          ...{ architectures: "[]", release_fields: "{}", options: "{}", rollbacks: 0, fence: 0 },
          ...{ sources_per_component: 1, wanted_publish: 0, published_publish: 0 },
        })
        .returning("id")
        .executeTakeFirstOrThrow();
      const time = "2024-01-02T03:00:00.000Z";
      const snapshot = { distribution_id: id, name: "kept", publish: 1, created_at: time, created_by: "me" };
      await tx.insertInto("snapshot").values(snapshot).execute();
    });

    await expect(layouts.change(file, BY)).rejects.toThrow("bookworm-mine-unstable is not empty");
  });
});

test("layouts of the program come first; one that nobody has cannot be changed", async () => {
  await layouts.add(OWN, BY);

  const listed = (await layouts.list()).map(({ spec }) => spec.name);
  const change = layouts.change(await fileOf("debdev"), BY);

  expect(listed).toEqual(["Default", "Default (no rollbacks)", "Debian Developer", "small"]);
  await expect(change).rejects.toThrow("comes with the program and no repository has it");
});
