import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Database, openTestDatabase } from "#db";
import { createBlobStore, exec, execOk, silentLog } from "#platform";
import { createChunkStore } from "../chunks/index.ts";
import { packPaths } from "../path-lists.ts";
import type { ArchiveDistribution, DistributionOptions } from "../types.ts";
import { type RenderDeps, renderState } from "./render.ts";
import type { RenderBase } from "./write-state.ts";

interface Item {
  readonly kind: string;
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly component: string;
  readonly section: string;
  readonly paths: readonly string[];
}

let db: Database;
let dir: string;
let deps: RenderDeps;
beforeEach(async () => {
  db = await openTestDatabase();
  dir = mkdtempSync(join(tmpdir(), "mbd-render-"));
  deps = {
    db,
    blobs: createBlobStore(join(dir, "store")),
    readDeb: () => Promise.reject(new Error("all lists are there")),
    exec,
    log: silentLog,
    chunks: createChunkStore({ dir: join(dir, "chunks"), exec }),
    temporary: dir,
    keysPerChunk: 2,
  };
});
afterEach(async () => {
  await db.close();
  rmSync(dir, { recursive: true });
});

async function makeDistribution(
  name: string,
  options: DistributionOptions = {},
  more: Partial<ArchiveDistribution> = {},
): Promise<ArchiveDistribution> {
  const row = {
    repository: "test",
    name,
    kind: "live",
    position: null,
    live_id: null,
    components: JSON.stringify(["main", "contrib"]),
    architectures: JSON.stringify(["amd64", "arm64"]),
    release_fields: JSON.stringify({ Suite: name }),
    options: JSON.stringify(options),
    rollbacks: 0,
    sources_per_component: 1,
    wanted_publish: 0,
    published_publish: 0,
    last_date: null,
    content_sha256: null,
    fence: 0,
    ...more,
  };
  return await db.write((tx) =>
    tx.insertInto("archive_distribution").values(row).returningAll().executeTakeFirstOrThrow(),
  );
}

/** Row of a package, made once; returns its id. */
async function addPackage(item: Item): Promise<number> {
  const { kind, name, version, arch, component, section, paths } = item;
  const sha256 = createHash("sha256").update(JSON.stringify(item)).digest("hex");
  const path = `pool/${component}/${sha256}.${kind === "dsc" ? "dsc" : "deb"}`;
  const fields = `Package: ${name}\nVersion: ${version}\nArchitecture: ${arch}\nSHA256: ${sha256}\n`;
  const stanza = `${fields}Description: one ${section}\n of ${name}\n`;
  return await db.write(async (tx) => {
    const same = { repository: "test", kind, name, version, arch, content_sha256: sha256 };
    const known = tx
      .selectFrom("package")
      .select("id")
      .where((eb) => eb.and(same));
    const found = await known.executeTakeFirst();
    if (found !== undefined) return found.id;
    const file = { path, sha256, size: 1, md5: "0".repeat(32), sha1: null, created_at: "" };
    await tx
      .insertInto("pool_file")
      .values({ repository: "test", ...file })
      .execute();
    await tx
      .insertInto("deb_paths")
      .values({ sha256, paths: packPaths(paths) })
      .execute();
    const row = {
      ...same,
      source: name,
      source_version: version,
      component,
      section,
      stanza,
      created_at: "",
    };
    const { id } = await tx.insertInto("package").values(row).returning("id").executeTakeFirstOrThrow();
    const link = { package_id: id, repository: "test", path, contents_sha256: null };
    await tx.insertInto("package_file").values(link).execute();
    return id;
  });
}

/** Adds packages to a live distribution and removes others that are there, as one change. */
async function change(
  row: ArchiveDistribution,
  publish: number,
  add: readonly Item[],
  remove: readonly number[],
): Promise<void> {
  const ids = new Map<number, string>();
  for (const item of add) ids.set(await addPackage(item), item.component);
  await db.write(async (tx) => {
    const here = tx.selectFrom("membership").selectAll().where("distribution_id", "=", row.id);
    const members = await here.where("removed", "is", null).orderBy("id").execute();
    const gone = new Set(remove.map((index) => members[index % Math.max(1, members.length)]?.id));
    for (const id of gone) {
      if (id === undefined) continue;
      await tx.updateTable("membership").set({ removed: publish }).where("id", "=", id).execute();
    }
    const left = new Set(members.filter(({ id }) => !gone.has(id)).map((member) => member.package_id));
    for (const [package_id, component] of ids) {
      if (left.has(package_id)) continue;
      const times = { added: publish, removed: null, added_at: "", removed_at: null };
      const member = { distribution_id: row.id, component, package_id, release_id: null, ...times };
      await tx.insertInto("membership").values(member).execute();
    }
  });
}

/** All files below a directory with their bytes; by-hash names too. */
function filesOf(root: string): Map<string, string> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name).slice(root.length)).sort();
  return new Map(paths.map((path) => [path, readFileSync(root + path, "base64")]));
}

let count = 0;
async function render(row: ArchiveDistribution, at: number, from?: RenderBase) {
  const place = join(dir, `out${count++}`);
  const { files, manifest } = await renderState(deps, row, at, place, from);
  const release = { date: new Date(0), validUntil: undefined, head: "", files };
  return { place, files, base: { manifest, generation: { dir: place, release } } };
}

const anyItem: fc.Arbitrary<Item> = fc
  .record({
    kind: fc.constantFrom("deb", "deb", "deb", "udeb", "dsc", "ddeb"),
    name: fc.constantFrom("a", "b", "c", "libc", "libd", "e2", "f+g", "zz"),
    version: fc.constantFrom("1.0", "1.0-0", "1:0.5", "1.10"),
    arch: fc.constantFrom("amd64", "arm64", "all", "i386"),
    component: fc.constantFrom("main", "contrib"),
    section: fc.constantFrom("net", "contrib/net", ""),
    paths: fc.uniqueArray(
      fc.constantFrom("bin/a", "bin/a b", "bin/b", "etc/é", "usr/lib/x", "usr/share/y", "usr/z", "z\udc80"),
      { maxLength: 5 },
    ),
  })
  .map((item) => ({ ...item, arch: item.kind === "dsc" ? "source" : item.arch }));

const anyChange = fc.record({
  add: fc.array(anyItem, { maxLength: 6 }),
  remove: fc.array(fc.nat(20), { maxLength: 5 }),
});
const anyOptions = fc.record({
  translations: fc.boolean(),
  contents: fc.boolean(),
  plain: fc.boolean(),
  md5: fc.boolean(),
});

describe("indices after changes", () => {
  test("are to the byte those of making everything anew, forwards and backwards", async () => {
    let distribution = 0;
    await fc.assert(
      fc.asyncProperty(
        anyOptions,
        fc.array(anyChange, { minLength: 1, maxLength: 4 }),
        async (options, changes) => {
          distribution += 1;
          const row = await makeDistribution(`d${distribution}`, options);
          let last = await render(row, 0);
          const first = last;
          for (const [index, { add, remove }] of changes.entries()) {
            await change(row, index + 1, add, remove);
            const changed = await render(row, index + 1, last.base);
            const anew = await render(row, index + 1);

            expect(changed.files).toEqual(anew.files);
            expect(filesOf(changed.place)).toEqual(filesOf(anew.place));
            expect(changed.base.manifest).toEqual(anew.base.manifest);
            last = changed;
          }
          const back = await render(row, 0, last.base);
          expect(filesOf(back.place)).toEqual(filesOf(first.place));
        },
      ),
      { numRuns: 8 },
    );
  }, 240_000);

  test("a rollback shows the releases of its position", async () => {
    const live = await makeDistribution("live");
    const rollback = await makeDistribution("back", {}, { kind: "rollback", position: 0, live_id: live.id });
    const empty = await render(rollback, 0);
    const item = { kind: "deb", name: "a", version: "1", arch: "all", component: "main", section: "net" };
    const id = await addPackage({ ...item, paths: ["bin/a"] });
    await db.write(async (tx) => {
      const lists = { buildinfos: "[]", changes: "[]", created_at: "" };
      const release = {
        repository: "test",
        component: "main",
        source: "a",
        version: "1",
        bkey: null,
        ...lists,
      };
      const made = await tx.insertInto("release").values(release).returning("id").executeTakeFirstOrThrow();
      await tx.insertInto("release_package").values({ release_id: made.id, package_id: id }).execute();
      const place = { distribution_id: live.id, component: "main", source: "a", position: 0, removed: null };
      await tx
        .insertInto("rollback_membership")
        .values({ ...place, release_id: made.id, added: 3 })
        .execute();
    });

    const changed = await render(rollback, 3, empty.base);

    expect(filesOf(changed.place)).toEqual(filesOf((await render(rollback, 3)).place));
    expect(changed.files.get("main/binary-arm64/Packages")?.sizeBytes).toBeGreaterThan(0);
    expect(changed.files.get("main/Contents-amd64")?.sizeBytes).toBe("bin/a net/a\n".length);
  });

  test("a lost chunk and a change of options end in making everything anew", async () => {
    const item = { kind: "deb", name: "a", version: "1", arch: "all", component: "main", section: "net" };
    const row = await makeDistribution("d");
    await change(row, 1, [{ ...item, paths: ["bin/a"] }], []);
    const before = await render(row, 1);
    await change(row, 2, [{ ...item, name: "b", paths: ["bin/a", "bin/b"] }], []);
    await rm(join(dir, "chunks"), { recursive: true });

    const afterLoss = await render(row, 2, before.base);
    const plain = { ...row, options: JSON.stringify({ plain: true, sha1: true }) };
    const withOptions = await render(plain, 2, afterLoss.base);

    expect(filesOf(afterLoss.place)).toEqual(filesOf((await render(row, 2)).place));
    expect(readFileSync(join(withOptions.place, "main/binary-amd64/Packages"), "utf8")).toMatch(
      /^Package: b$/m,
    );
    expect(withOptions.files.get("main/Contents-amd64.gz")?.sha1).toMatch(/^[0-9a-f]{40}$/);
  });

  test("gzip and xz find nothing wrong", async () => {
    const row = await makeDistribution("d", { translations: true });
    const item = { kind: "deb", version: "1", arch: "amd64", component: "main", section: "net" };
    const items = ["a", "b", "c", "d", "e", "f", "g"].map((name) => ({
      ...item,
      name,
      paths: [`bin/${name}`],
    }));
    await change(row, 1, items, []);

    const { place } = await render(row, 1);

    for (const [path] of filesOf(place)) {
      if (path.endsWith(".gz")) await execOk(exec, "gzip", ["-t", place + path]);
      if (path.endsWith(".xz")) await execOk(exec, "xz", ["-t", place + path]);
    }
    const contents = await execOk(exec, "gzip", ["-dc", `${place}/main/Contents-amd64.gz`]);
    expect(contents.stdout).toBe(items.map(({ name }) => `bin/${name} net/${name}\n`).join(""));
  });
});
