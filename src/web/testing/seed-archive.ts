import type { NewRow, Tx } from "#db";
import { LAYOUTS } from "#repositories";
import { ago } from "./moment.ts";

const CODENAMES = [
  { codename: "bookworm", codeversion: "12" },
  { codename: "trixie", codeversion: "13" },
] as const;

/** What is in the archive: source, version without mark, binaries, suites that hold revision N. */
const CONTENT = [
  {
    source: "hello",
    version: "2.10-3",
    binaries: ["hello"],
    suites: { unstable: 3, testing: 2, stable: 1 },
    rollbacks: [2],
  },
  {
    source: "libacme",
    version: "1:4.2.0-1",
    binaries: ["libacme4", "libacme-dev", "libacme-doc", "python3-acme"],
    suites: { unstable: 2, testing: 2, stable: 2 },
    rollbacks: [1],
  },
  {
    source: "acme-tools",
    version: "0.9~rc2",
    binaries: ["acme-tools"],
    suites: { unstable: 1 },
    rollbacks: [],
  },
  {
    source: "nginx-module-acme",
    version: "1.24.0-2",
    binaries: ["libnginx-mod-http-acme"],
    suites: { unstable: 4, testing: 4, hotfix: 3 },
    rollbacks: [],
  },
  {
    source: "acme-archive-keyring",
    version: "20260101000000",
    binaries: ["acme-archive-keyring"],
    suites: { stable: 1, testing: 1, unstable: 1 },
    rollbacks: [],
  },
] as const;

export async function seedArchive(tx: Tx): Promise<void> {
  const layoutId = await seedLayout(tx);
  await seedRepository(tx, layoutId, {
    identity: "acme",
    description: "Everything Acme builds for its own servers.",
    open: 0,
  });
  await seedRepository(tx, layoutId, {
    identity: "test",
    description: "A sandbox to try things in.",
    open: 1,
  });
  await tx
    .insertInto("uploader_key")
    .values([
      uploader("Ada Byron <ada@acme.example>", "41C9E5D2A8B74F30961C5E8D2B7A4F1093E6D58C"),
      {
        ...uploader("Grace Hopper <grace@acme.example>", "F2086B19C7D34E5A8F901B2C3D4E5F60718293A4"),
        ...{ suites: "experimental", sources: "cobol-*" },
      },
    ])
    .execute();
}

function uploader(userId: string, fingerprint: string): NewRow<"uploader_key"> {
  const key = { repository: "acme", fingerprint, user_id: userId, key: "", active: 1 } as const;
  return { ...key, created_at: ago(90_000), suites: "", sources: "" };
}

async function seedLayout(tx: Tx): Promise<number> {
  const layout = LAYOUTS[0];
  if (layout === undefined) throw new Error("no layout");
  const { suites, ...row } = layout;
  const { id } = await tx.insertInto("layout").values(row).returning("id").executeTakeFirstOrThrow();
  await tx
    .insertInto("suite")
    .values(suites.map((suite) => ({ ...suite, layout_id: id })))
    .execute();
  return id;
}

interface NewRepository {
  readonly identity: string;
  readonly description: string;
  readonly open: 0 | 1;
}

async function seedRepository(tx: Tx, layoutId: number, spec: NewRepository): Promise<void> {
  const { identity } = spec;
  const { id } = await tx
    .insertInto("repository")
    .values({
      identity,
      layout_id: layoutId,
      origin: "Mini-Buildd archive acme on packages.acme.example",
      description: spec.description,
      allow_unauthenticated_uploads: spec.open,
      extra_uploader_keyrings: "[]",
      active: 1,
      created_at: ago(100_000),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  for (const { codename, codeversion } of CODENAMES.slice(0, identity === "acme" ? 2 : 1)) {
    const sourceId = await baseSource(tx, codename, codeversion);
    await seedCodename(tx, id, sourceId, codename);
    const lives = await seedDistributions(tx, identity, codename);
    if (identity === "acme") await seedContent(tx, lives, codename, codeversion);
  }
}

async function baseSource(tx: Tx, codename: string, codeversion: string): Promise<number> {
  const known = await tx
    .selectFrom("source")
    .select("id")
    .where("codename", "=", codename)
    .executeTakeFirst();
  if (known !== undefined) return known.id;
  const row = await tx
    .insertInto("source")
    .values({
      origin: "Debian",
      codename,
      archives: "[]",
      keyring: "",
      match: "{}",
      check_valid_until: 1,
      remove_from_component: "",
      state: "active",
      description: `Debian ${codename}`,
      codeversion,
      components: '["main","contrib"]',
      architectures: '["amd64","arm64"]',
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return row.id;
}

async function seedCodename(tx: Tx, repositoryId: number, sourceId: number, codename: string): Promise<void> {
  const { id } = await tx
    .insertInto("distribution")
    .values({
      repository_id: repositoryId,
      source_id: sourceId,
      codename,
      components: '["main","contrib"]',
      extra_sources: "[]",
      lintian_mode: "ERRFAIL",
      lintian_extra_options: '["--info"]',
      lintian_warnfail_options: "[]",
      autopkgtest_mode: "DISABLED",
      piuparts_mode: "DISABLED",
      build_dep_resolver: "auto",
      internal_apt_priority: 1,
      deb_build_options: "",
      deb_build_profiles: "",
      blocks: codename === "bookworm" ? '["ccache","own"]' : "[]",
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  await tx
    .insertInto("distribution_arch")
    .values([
      { distribution_id: id, arch: "amd64", optional: 0, arch_all: 1 },
      { distribution_id: id, arch: "arm64", optional: 1, arch_all: 0 },
    ])
    .execute();
}

type Lives = ReadonlyMap<string, number>;

async function seedDistributions(tx: Tx, repository: string, codename: string): Promise<Lives> {
  const lives = new Map<string, number>();
  for (const suite of LAYOUTS[0]?.suites ?? []) {
    const name = `${codename}-${repository}-${suite.name}`;
    const common = {
      repository,
      components: '["main","contrib"]',
      architectures: '["amd64","arm64"]',
      release_fields: "{}",
      options: "{}",
      sources_per_component: 1,
      wanted_publish: 4,
      published_publish: 4,
      fence: 1,
    };
    const { id } = await tx
      .insertInto("archive_distribution")
      .values({ ...common, name, kind: "live", rollbacks: suite.rollback })
      .returning("id")
      .executeTakeFirstOrThrow();
    lives.set(suite.name, id);
    for (let position = 0; position < suite.rollback; position += 1)
      await tx
        .insertInto("archive_distribution")
        .values({
          ...common,
          name: `${name}-rollback${position}`,
          kind: "rollback",
          position,
          live_id: id,
          rollbacks: 0,
        })
        .execute();
  }
  return lives;
}

async function seedContent(tx: Tx, lives: Lives, codename: string, codeversion: string): Promise<void> {
  for (const item of CONTENT) {
    const releases = new Map<number, Release>();
    const releaseOf = async (revision: number) => {
      const known = releases.get(revision);
      if (known !== undefined) return known;
      const version = `${item.version}~acme${codeversion}+${revision}`;
      const made = await seedRelease(tx, { source: item.source, version, binaries: item.binaries, codename });
      releases.set(revision, made);
      return made;
    };
    for (const [suite, revision] of Object.entries(item.suites))
      await addMembers(tx, lives.get(suite), await releaseOf(revision));
    for (const [position, revision] of item.rollbacks.entries()) {
      const release = await releaseOf(revision);
      await tx
        .insertInto("rollback_membership")
        .values({
          distribution_id: lives.get("unstable") ?? 0,
          component: "main",
          source: item.source,
          position,
          release_id: release.id,
          added: 2,
        })
        .execute();
    }
  }
}

interface Release {
  readonly id: number;
  readonly packages: readonly number[];
}

interface NewRelease {
  readonly source: string;
  readonly version: string;
  readonly binaries: readonly string[];
  readonly codename: string;
}

async function seedRelease(tx: Tx, spec: NewRelease): Promise<Release> {
  const { source, version, binaries } = spec;
  const { id } = await tx
    .insertInto("release")
    .values({
      repository: "acme",
      component: "main",
      source,
      version,
      bkey: `${source}/${version}/20260301T080000Z/source`,
      buildinfos: "[]",
      changes: "[]",
      created_at: ago(5000),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const fileVersion = version.replace(/^[0-9]+:/, "");
  const wanted = [
    { kind: "dsc", name: source, arch: "source", file: `${source}_${fileVersion}.dsc` },
    ...binaries.flatMap((name) =>
      (name.endsWith("-doc") || name.endsWith("keyring") ? ["all"] : ["amd64", "arm64"]).map((arch) => ({
        kind: "deb",
        name,
        arch,
        file: `${name}_${fileVersion}_${arch}.deb`,
      })),
    ),
  ];
  const packages: number[] = [];
  for (const item of wanted) {
    const path = `pool/main/${source.slice(0, 1)}/${source}/${item.file}`;
    packages.push(await seedPackage(tx, id, { ...item, path, source, version }));
  }
  return { id, packages };
}

interface NewPackage {
  readonly kind: string;
  readonly name: string;
  readonly arch: string;
  readonly path: string;
  readonly source: string;
  readonly version: string;
}

async function seedPackage(tx: Tx, releaseId: number, item: NewPackage): Promise<number> {
  const { kind, name, arch, path, source, version } = item;
  const { id } = await tx
    .insertInto("package")
    .values({
      repository: "acme",
      kind,
      name,
      version,
      arch,
      source,
      source_version: version,
      component: "main",
      section: "misc",
      stanza: `Package: ${name}\n`,
      content_sha256: `${name}${version}${arch}`,
      created_at: ago(5000),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const size = 1200 + path.length * 913;
  await tx
    .insertInto("pool_file")
    .values({ repository: "acme", path, sha256: "a".repeat(64), size, created_at: ago(5000) })
    .execute();
  await tx.insertInto("package_file").values({ package_id: id, repository: "acme", path }).execute();
  await tx.insertInto("release_package").values({ release_id: releaseId, package_id: id }).execute();
  return id;
}

async function addMembers(tx: Tx, distributionId: number | undefined, release: Release): Promise<void> {
  await tx
    .insertInto("membership")
    .values(
      release.packages.map((packageId) => ({
        distribution_id: distributionId ?? 0,
        component: "main",
        package_id: packageId,
        release_id: release.id,
        added: 3,
        added_at: ago(2000),
      })),
    )
    .execute();
}
