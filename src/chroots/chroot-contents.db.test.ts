import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ChrootBench, openChrootBench } from "./chroot-test-support.ts";

let bench: ChrootBench;
beforeEach(async () => {
  bench = await openChrootBench();
});
afterEach(() => bench.close());

describe("what lintian runs in", () => {
  const make = async () =>
    bench.service.job.handle(await bench.context(undefined, `bookworm:${bench.arch}:lintian`));
  const systems = () => readdirSync(bench.home.chroots).filter((name) => name.includes(".lintian"));

  test("is asked for with the chroot, made behind it, and goes with it", async () => {
    await bench.make();
    expect((await bench.queued()).map(({ subject }) => subject)).toEqual([`bookworm:${bench.arch}:lintian`]);

    await make();
    const { lintianRoot = "" } = await bench.make();

    expect(readFileSync(join(bench.home.root, "command"), "utf8")).toContain("--include=lintian\n");
    expect(lintianRoot).toBe(join(bench.home.chroots, `bookworm-${bench.arch}-20240102030405.lintian`));
    expect(existsSync(join(lintianRoot, "unpacked"))).toBe(true);
    expect(readdirSync(bench.home.work)).toEqual([]);
    bench.later(2 * 3_600_000);
    await bench.service.remakeNow([`bookworm:${bench.arch}`]);
    expect(systems()).toEqual([]);
  });

  test("leaves nothing when it cannot be made; builds then begin without it", async () => {
    await bench.make();
    bench.control("fail", "");

    await expect(make()).rejects.toThrow("E: no such archive");

    expect(systems()).toEqual([]);
    expect(await bench.make()).not.toHaveProperty("lintianRoot");
    expect(await bench.row()).toMatchObject({ state: "active" });
  });

  test("is asked for again when it is missing", async () => {
    await bench.make();
    await bench.db.write((tx) => tx.deleteFrom("job").execute());

    expect(await bench.service.remakeDue()).toEqual([]);

    expect((await bench.queued()).map(({ subject }) => subject)).toEqual([`bookworm:${bench.arch}:lintian`]);
  });
});

test("extra sources are included when every distribution on the base has them with priority 500 or more", async () => {
  for (const codename of ["bookworm-security", "bookworm-updates", "bookworm-backports"])
    await bench.addSource(codename, "active");
  await addDistribution(1, [
    [2, 500],
    [3, 500],
    [4, 1],
  ]);
  await addDistribution(2, [
    [2, 990],
    [4, 1],
  ]);

  await bench.make();

  const command = readFileSync(join(bench.home.root, "command"), "utf8");
  const lines = command.split("\n").filter((line) => line.startsWith("deb "));
  expect(lines.map((line) => line.split("] ")[1])).toEqual([
    "http://archive.invalid/debian/ bookworm main",
    "http://archive.invalid/debian/ bookworm-security main",
  ]);
});

async function addDistribution(
  number: number,
  extras: readonly (readonly [number, number])[],
): Promise<void> {
  await bench.db.write(async (tx) => {
    const layout = {
      name: `L${number}`,
      default_version: "",
      mandatory_version_regex: "",
      experimental_default_version: "",
    };
    const { id: layoutId } = await tx
      .insertInto("layout")
      .values({ ...layout, experimental_mandatory_version_regex: "", meta_distributions: "" })
      .returning("id")
      .executeTakeFirstOrThrow();
    const repository = {
      identity: `r${number}`,
      layout_id: layoutId,
      origin: "",
      description: "",
      active: 1 as const,
    };
    const { id: repositoryId } = await tx
      .insertInto("repository")
      .values({
        ...repository,
        allow_unauthenticated_uploads: 0,
        extra_uploader_keyrings: "[]",
        created_at: "",
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    await tx
      .insertInto("distribution")
      .values({
        repository_id: repositoryId,
        source_id: 1,
        codename: "bookworm",
        components: '["main"]',
        extra_sources: JSON.stringify(extras.map(([source, priority]) => ({ source, priority }))),
        lintian_mode: "",
        lintian_extra_options: "[]",
        lintian_warnfail_options: "[]",
        autopkgtest_mode: "",
        piuparts_mode: "",
        build_dep_resolver: "",
        internal_apt_priority: 1,
        deb_build_options: "",
        deb_build_profiles: "",
      })
      .execute();
  });
}
