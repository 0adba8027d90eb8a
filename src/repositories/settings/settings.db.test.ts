import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { resolveUploadTarget } from "../resolve.ts";
import type { SubjectKind } from "./setting.ts";
import { createSettings, type Settings } from "./settings-service.ts";
import { BY, openSettingsBench, type SettingsBench } from "./settings-support.ts";

let bench: SettingsBench;
let settings: Settings;
beforeEach(async () => {
  bench = await openSettingsBench();
  settings = createSettings(bench.deps);
  await bench.addSource("bookworm-backports");
  await bench.addRepository("test", "Default", await bench.addSource("bookworm"));
});
afterEach(() => bench.db.close());

const set = (kind: SubjectKind, name: string, values: Record<string, string>) =>
  settings.set(kind, name, values, BY);

async function shownValue(kind: SubjectKind, name: string, setting: string): Promise<string | undefined> {
  return (await settings.show(kind, name)).find((view) => view.name === setting)?.value;
}

describe("any setting", () => {
  test("is written, told, recorded, and read again as it was written", async () => {
    const changed = await set("repository", "test", { description: "For tests.", active: "no" });

    expect(changed.changes).toEqual([
      { name: "description", from: "", to: "For tests." },
      { name: "active", from: "yes", to: "no" },
    ]);
    expect(bench.records).toEqual([
      { action: "repository.set", given: { repository: "test", description: "For tests.", active: "no" } },
    ]);
    expect(await shownValue("repository", "test", "description")).toBe("For tests.");
    await expect(resolveUploadTarget(bench.db.read, "bookworm-test-unstable")).rejects.toMatchObject({
      code: "repository_inactive",
    });
  });

  test("that is so already changes and records nothing", async () => {
    const changed = await set("distribution", "bookworm-test", { lintian_mode: "ERRFAIL" });

    expect([changed, bench.records, bench.published]).toEqual([{ changes: [], notes: [] }, [], []]);
  });

  test("is not written when another one given with it is refused", async () => {
    const given = { lintian_mode: "IGNORE", piuparts_mode: "SOMETIMES" };

    await expect(set("distribution", "bookworm-test", given)).rejects.toThrow(
      "Argument 'piuparts_mode': \"SOMETIMES\" is not one of DISABLED, IGNORE, ERRFAIL, WARNFAIL.",
    );
    expect(await shownValue("distribution", "bookworm-test", "lintian_mode")).toBe("ERRFAIL");
  });

  test.each<[SubjectKind, string, string]>([
    ["repository", "nope", "There is no repository 'nope'."],
    ["distribution", "trixie-test", "Repository 'test' has no distribution for codename 'trixie'."],
    ["distribution", "bookworm", "'bookworm' is not of the form CODENAME-REPOSITORY"],
    ["layout", "nope", "there is no layout 'nope'; known: Default, "],
    ["suite", "default", "'default' is not of the form LAYOUT/SUITE"],
    ["suite", "default/nope", "layout Default has experimental, snapshot, unstable"],
  ])("of %s %s: %s", async (kind, name, message) => {
    await expect(settings.show(kind, name)).rejects.toThrow(message);
  });

  test.each<[SubjectKind, string]>([
    ["repository", "test"],
    ["distribution", "bookworm-test"],
    ["layout", "default"],
    ["suite", "default/unstable"],
  ])("of a %s can be given back as it is shown", async (kind, name) => {
    const shown = (await settings.show(kind, name)).filter((view) => view.fixed === undefined);

    const changed = await set(kind, name, Object.fromEntries(shown.map((view) => [view.name, view.value])));

    expect(shown.length).toBeGreaterThan(3);
    expect(changed.changes).toEqual([]);
  });
});

const REFUSED: readonly (readonly [SubjectKind, string, string, string, RegExp])[] = [
  ["repository", "test", "identity", "other", /cannot be changed: it is part of the names/],
  ["repository", "test", "layout", "debdev", /make another repository/],
  ["repository", "test", "colour", "blue", /a repository has no such setting; it has identity, /],
  ["repository", "test", "active", "maybe", /"maybe" is neither yes nor no/],
  ["repository", "test", "description", "a\nb", /one line/],
  ["repository", "test", "extra_uploader_keyrings", "/nope.gpg", /no such file/],
  ["repository", "test", "notify", "ada@example.org ben", /"ben" is not a mail address/],
  ["repository", "test", "allow_emails_to", ".*@(", /is not a regular expression/],
  ["repository", "test", "notify_changed_by", "perhaps", /neither yes nor no/],
  ["repository", "test", "extra_uploader_keyrings", "/etc/passwd", /is not a file with public keys/],
  ["distribution", "bookworm-test", "base", "sid", /cannot be changed/],
  ["distribution", "bookworm-test", "lintian_extra_options", "--fail-on=none", /lintian's verdict/],
  ["distribution", "bookworm-test", "lintian_extra_options", "$(id)", /is not an option of lintian/],
  ["distribution", "bookworm-test", "build_dep_resolver", "dpkg", /auto, apt, aptitude, aspcud/],
  ["distribution", "bookworm-test", "internal_apt_priority", "0", /other than 0/],
  ["distribution", "bookworm-test", "deb_build_options", "nocheck;rm", /is not a build option/],
  ["distribution", "bookworm-test", "deb_build_profiles", "!nodoc", /is not a build profile/],
  ["distribution", "bookworm-test", "components", "contrib", /main must be among them/],
  ["distribution", "bookworm-test", "components", "main Main", /not the name of a component/],
  ["distribution", "bookworm-test", "architectures", "", /at least one architecture/],
  ["distribution", "bookworm-test", "architectures", "arm64", /mark the one that builds/],
  ["distribution", "bookworm-test", "architectures", "amd64:optional arm64", /cannot be optional/],
  ["distribution", "bookworm-test", "architectures", "amd64:all arm64:all", /exactly one/],
  ["distribution", "bookworm-test", "architectures", "amd64 amd64", /there twice/],
  ["distribution", "bookworm-test", "architectures", "amd64 sparc", /Debian bookworm has no sparc/],
  ["distribution", "bookworm-test", "architectures", "amd64 all", /is not an architecture/],
  ["distribution", "bookworm-test", "architectures", "amd64:main", /the marks are/],
  ["distribution", "bookworm-test", "extra_sources", "noble", /there is no source "noble"; known: /],
  ["distribution", "bookworm-test", "extra_sources", "bookworm", /is the base already/],
  ["distribution", "bookworm-test", "extra_sources", "bookworm-backports@0", /other than 0/],
  ["layout", "default", "default_version", "~%IDENTITY%+1", /does not satisfy its own mandatory/],
  ["layout", "default", "mandatory_version_regex", "(", /no regular expression/],
  ["layout", "default", "meta_distributions", "unstable", /META=CODENAME-SUITE/],
  ["layout", "default", "meta_distributions", "sid-debdev-unstable=sid-unstable", /cannot be a meta/],
  ["layout", "debdev", "meta_distributions", "x=sid-unstable", /no repository has it/],
  ["suite", "default/unstable", "rollback", "8", /keeps 9 rollbacks in test; there can only be more/],
  ["suite", "default/unstable", "experimental", "yes", /cannot be changed: what versions/],
  ["suite", "default/unstable", "not_automatic", "no", /clients/],
  ["suite", "default/unstable", "migrates_to", "hotfix", /it migrates to hotfix, which takes uploads/],
  ["suite", "default/unstable", "migrates_to", "nope", /which the layout does not have/],
  ["suite", "default/stable", "migrates_to", "testing", /migrates in a circle/],
  ["suite", "default/stable", "build_keyring_package", "yes", /uploadable suite only/],
  ["suite", "default/stable", "auto_migrate_after", "3", /needs a suite to migrate to/],
  ["suite", "default/unstable", "uploadable", "no", /keyring packages/],
];

test.each(REFUSED)("%s %s: %s=%s is refused in one sentence", async (kind, name, setting, value, reason) => {
  const refusal = await set(kind, name, { [setting]: value }).catch((error: unknown) => error);

  expect(refusal).toMatchObject({ code: "bad_argument", message: expect.stringMatching(reason) });
  expect((refusal as Error).message).toMatch(/^[^\n]+\.$/);
  expect(bench.records).toEqual([]);
});

describe("a distribution", () => {
  test("of which anything is changed is published as it is then", async () => {
    await set("distribution", "bookworm-test", {
      architectures: "amd64:all arm64:optional i386",
      components: "main non-free",
      extra_sources: "bookworm-backports",
      deb_build_options: "nocheck  parallel=2",
    });

    expect(await shownValue("distribution", "bookworm-test", "architectures")).toBe(
      "amd64:all arm64:optional i386",
    );
    expect(await shownValue("distribution", "bookworm-test", "extra_sources")).toBe("bookworm-backports@1");
    expect(await shownValue("distribution", "bookworm-test", "deb_build_options")).toBe("nocheck parallel=2");
    expect(bench.published.find(({ name }) => name === "bookworm-test-stable")).toMatchObject({
      architectures: ["amd64", "arm64", "i386"],
      components: ["main", "non-free"],
    });
  });

  test("with extra sources that cannot be used says that builds wait for them", async () => {
    await bench.addSource("bookworm-updates", { state: "unchecked" });
    await bench.addSource("bookworm-security", { state: "error", error: "its archive is expired" });

    const { notes } = await set("distribution", "bookworm-test", {
      extra_sources: "bookworm-backports, bookworm-updates, bookworm-security",
    });

    expect([...notes].sort()).toEqual([
      "Builds wait, as the source Debian bookworm-security is in error: its archive is expired.",
      "Builds wait, as the source Debian bookworm-updates was not checked yet.",
    ]);
  });

  test("keeps an architecture and a component while a packaging depends on it", async () => {
    await bench.addPackaging();
    const busy = { code: "setting_busy", message: expect.stringContaining("hello/1.0~test12+1/") };

    await expect(set("distribution", "bookworm-test", { architectures: "amd64" })).rejects.toMatchObject(
      busy,
    );
    await expect(set("distribution", "bookworm-test", { components: "main" })).rejects.toMatchObject(busy);
    const { notes } = await set("distribution", "bookworm-test", {
      architectures: "amd64 arm64 i386",
      lintian_mode: "IGNORE",
    });

    expect(notes).toEqual([
      expect.stringContaining("goes on with the architectures that it began with"),
      expect.stringContaining("that have not begun go by the new values"),
    ]);
  });

  test("keeps a component that holds packages", async () => {
    await bench.db.write(async (tx) => {
      const { id } = await tx
        .insertInto("archive_distribution")
        .values({
          ...{ repository: "test", name: "bookworm-test-stable", kind: "live", components: "[]" },
          ...{ architectures: "[]", release_fields: "{}", options: "{}", rollbacks: 0, fence: 0 },
          ...{ sources_per_component: 1, wanted_publish: 0, published_publish: 0 },
        })
        .returning("id")
        .executeTakeFirstOrThrow();
      const release = await tx
        .insertInto("release")
        .values({
          ...{ repository: "test", component: "contrib", source: "hello", version: "1" },
          ...{ buildinfos: "[]", changes: "[]", created_at: "2024-01-02T03:00:00.000Z" },
        })
        .returning("id")
        .executeTakeFirstOrThrow();
      const place = { distribution_id: id, component: "contrib", source: "hello", position: 0, added: 1 };
      await tx
        .insertInto("rollback_membership")
        .values({ ...place, release_id: release.id })
        .execute();
    });

    await expect(set("distribution", "bookworm-test", { components: "main" })).rejects.toThrow(
      "bookworm-test-stable holds packages in contrib",
    );
    await set("distribution", "bookworm-test", { components: "main contrib" });
  });
});

describe("a suite", () => {
  test("can keep more rollbacks, which are published at once", async () => {
    await set("suite", "default/stable", { rollback: "7", auto_migrate_after: "0" });

    const names = bench.published.map(({ name }) => name);
    expect(names).toContain("bookworm-test-stable-rollback6");
    expect(names).not.toContain("bookworm-test-stable-rollback7");
  });

  test("several settings given at once all stay", async () => {
    await set("suite", "default/unstable", { rollback: "10", auto_migrate_after: "5" });

    expect(await shownValue("suite", "default/unstable", "rollback")).toBe("10");
    expect(await shownValue("suite", "default/unstable", "auto_migrate_after")).toBe("5");
  });
});

describe("a repository", () => {
  test("that is switched off tells what is under way", async () => {
    await bench.addPackaging();

    const { notes } = await set("repository", "test", { active: "no" });

    expect(notes).toEqual([expect.stringContaining("will end as FAILED (repository_inactive)")]);
  });

  test("that is switched on tells of meta distributions that two claim", async () => {
    const sid = await bench.addSource("sid", { codeversion: "~SID" });
    await bench.addRepository("debdev", "Debian Developer", sid);
    await bench.addRepository("other", "Debian Developer", sid);
    await set("repository", "other", { active: "no" });

    const { notes } = await set("repository", "other", { active: "yes" });

    expect(notes).toEqual([
      "The meta distribution 'unstable' is claimed by debdev and other; uploads to it are rejected.",
      "The meta distribution 'experimental' is claimed by debdev and other; uploads to it are rejected.",
    ]);
  });

  test("takes keyrings that are there", async () => {
    const dir = mkdtempSync(join(tmpdir(), "mbd-settings-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const path = join(dir, "keys.gpg");
    writeFileSync(path, Buffer.from([0x99, 0x01]));

    await set("repository", "test", { extra_uploader_keyrings: path });

    expect(await shownValue("repository", "test", "extra_uploader_keyrings")).toBe(path);
  });
});
