import { createHash } from "node:crypto";
import type { Database } from "#db";
import { versionsEqual } from "#deb";
import { type Clock, silentLog, systemClock } from "#platform";
import { contentOf } from "../prepare-shared.ts";
import type { PackageKind, PreparedPackage, PreparedRelease } from "../types.ts";
import { applyChange, planChange } from "./apply-change.ts";
import type { AppliedChange, ChangePlan, ChangeRequest } from "./change-request.ts";
import { distributionsOf } from "./distribution-store.ts";
import { ensureDistribution } from "./distributions.ts";
import { contentAt, NOW } from "./membership-store.ts";

/** Suites on a database alone, with packages that have no files: for tests of memberships. */

export interface TestPackage {
  readonly name: string;
  readonly version: string;
  readonly arch?: string;
  readonly kind?: PackageKind;
  readonly source?: string;
  readonly sourceVersion?: string;
  /** Other bytes under the same name. */
  readonly variant?: string;
}

export function testPackage(component: string, item: TestPackage): PreparedPackage {
  const { name, version, arch = "amd64", kind = "deb", source = name, variant = "" } = item;
  const path = `pool/${component}/${source}/${name}_${version.replace(/^[0-9]+:/, "")}_${arch}.${kind}`;
  const sha256 = createHash("sha256").update(`${path} ${variant}`).digest("hex");
  const files = [{ path, sha256, sizeBytes: 1, md5: null }];
  const from = item.sourceVersion ?? version;
  const stanza = `Package: ${name}\nSource: ${source} (${from})\nVersion: ${version}\nSHA256: ${sha256}\n`;
  const contentSha256 = contentOf(kind, stanza, files);
  return {
    kind,
    name,
    version,
    arch,
    source,
    sourceVersion: from,
    section: "misc",
    stanza,
    contentSha256,
    files,
    paths: null,
  };
}

/** A source with a package of its name for amd64 and one for all. */
export function testRelease(
  repository: string,
  component: string,
  { name: source, version, variant = "" }: TestPackage,
): PreparedRelease {
  const of = (name: string, arch: string, kind: PackageKind = "deb") =>
    testPackage(component, { name, version, arch, kind, source, variant });
  const packages = [of(source, "source", "dsc"), of(source, "amd64"), of(`${source}-doc`, "all")];
  return { repository, component, source, version, bkey: null, packages, buildinfos: [], changes: [] };
}

export interface TestSuites {
  readonly repository: string;
  /** Subjects of the publish jobs asked for. */
  readonly asked: string[];
  /** A live distribution with its rollbacks. */
  live(name: string, options: { rollbacks: number; versions?: number }): Promise<string>;
  plan(request: ChangeRequest): Promise<ChangePlan>;
  apply(request: ChangeRequest): Promise<AppliedChange>;
  install(distribution: string, name: string, version: string, component?: string): Promise<AppliedChange>;
  add(distribution: string, ...packages: TestPackage[]): Promise<AppliedChange>;
  /** `component name version arch`, sorted, by distribution; empty ones are left out. */
  content(): Promise<Record<string, string[]>>;
  contentOf(distribution: string): Promise<string[]>;
  /** The same by source: `component source version`. */
  sources(): Promise<Record<string, string[]>>;
  sourcesOf(distribution: string): Promise<string[]>;
}

/** Suites of a repository of their own, so that many tests can share a database. */
export function createTestSuites(db: Database, repository = "test", clock: Clock = systemClock): TestSuites {
  const asked: string[] = [];
  const queue = { enqueue: async (_tx: unknown, job: { subject: string }) => void asked.push(job.subject) };
  const deps = { queue, clock, log: silentLog };
  const apply = (request: ChangeRequest) => db.write((tx) => applyChange(deps, tx, request));
  const read = async (line: (row: ContentLine) => string) => {
    const result: Record<string, string[]> = {};
    for (const row of await distributionsOf(db.read, repository)) {
      const lines = await db.read
        .selectFrom(contentAt(db.read, row, NOW))
        .innerJoin("package as p", "p.id", "c.package_id")
        .select(["c.component", "p.kind", "p.name", "p.version", "p.arch", "p.source", "p.source_version"])
        .execute();
      if (lines.length > 0) result[row.name] = [...new Set(lines.map(line))].sort();
    }
    return result;
  };
  return {
    repository,
    asked,
    async live(name, { rollbacks, versions = 1 }) {
      const spec = {
        repository,
        name,
        kind: "live" as const,
        components: ["main", "contrib"],
        architectures: ["amd64", "arm64"],
        origin: "test",
        description: "",
        notAutomatic: false,
        butAutomaticUpgrades: false,
        rollbacks,
        sourcesPerComponent: versions,
      };
      await db.write(async (tx) => {
        await ensureDistribution(deps, tx, spec);
        for (let position = 0; position < rollbacks; position += 1) {
          const rollback = { ...spec, kind: "rollback" as const, position, live: name, rollbacks: 0 };
          await ensureDistribution(deps, tx, { ...rollback, name: `${name}-rollback${position}` });
        }
      });
      asked.length = 0;
      return name;
    },
    plan: (request) => planChange(db.read, request),
    apply,
    install: (distribution, name, version, component = "main") =>
      apply({
        kind: "install",
        distribution,
        release: testRelease(repository, component, { name, version }),
      }),
    add: (distribution, ...packages) =>
      apply({
        kind: "add",
        distribution,
        component: "main",
        packages: packages.map((item) => testPackage("main", item)),
      }),
    content: () => read(packageLine),
    contentOf: async (distribution) => (await read(packageLine))[distribution] ?? [],
    sources: () => read(sourceLine),
    sourcesOf: async (distribution) => (await read(sourceLine))[distribution] ?? [],
  };
}

interface ContentLine {
  readonly component: string;
  readonly kind: string;
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly source: string;
  readonly source_version: string;
}

function packageLine({ component, kind, name, version, arch }: ContentLine): string {
  return `${component} ${kind} ${name} ${version} ${arch}`;
}

function sourceLine({ component, source, source_version }: ContentLine): string {
  return `${component} ${source} ${source_version}`;
}

/** What must hold after every change (archive.md, Judges); each broken rule as a sentence. */
export async function brokenRules(db: Database, repository: string): Promise<string[]> {
  const broken: string[] = [];
  const visible = new Map<string, { version: string; content: string }[]>();
  for (const row of await distributionsOf(db.read, repository)) {
    const packages = await db.read
      .selectFrom(contentAt(db.read, row, NOW))
      .innerJoin("package as p", "p.id", "c.package_id")
      .select(["p.id", "p.kind", "p.name", "p.version", "p.arch", "p.content_sha256 as content"])
      .execute();
    const listed = new Map<string, string[]>();
    for (const { kind, name, version, arch, content } of packages) {
      const key = `${kind} ${name} ${arch}`;
      const versions = listed.get(key) ?? [];
      if (versions.some((other) => versionsEqual(other, version)))
        broken.push(`${row.name} lists ${key} ${version} twice`);
      listed.set(key, [...versions, version]);
      const others = visible.get(key) ?? [];
      if (others.some((other) => versionsEqual(other.version, version) && other.content !== content))
        broken.push(`${key} ${version} has two stanzas`);
      visible.set(key, [...others, { version, content }]);
    }
  }
  return [...broken, ...(await brokenLists(db, repository)), ...(await brokenFiles(db, repository))];
}

async function brokenLists(db: Database, repository: string): Promise<string[]> {
  const rows = await db.read
    .selectFrom("rollback_membership as rm")
    .innerJoin("archive_distribution as d", "d.id", "rm.distribution_id")
    .innerJoin("release as r", "r.id", "rm.release_id")
    .select(["d.name", "d.rollbacks", "rm.component", "rm.source", "rm.position", "r.version"])
    .where("d.repository", "=", repository)
    .where("rm.removed", "is", null)
    .orderBy("rm.position")
    .execute();
  const lists = new Map<string, typeof rows>();
  for (const row of rows) {
    const key = `${row.name} ${row.component} ${row.source}`;
    lists.set(key, [...(lists.get(key) ?? []), row]);
  }
  return [...lists].flatMap(([key, list]) => {
    const gap = list.some(({ position }, index) => position !== index);
    const long = list.some(({ rollbacks }) => list.length > rollbacks);
    const twice = list.some(({ version }, index) =>
      list.slice(0, index).some((other) => versionsEqual(other.version, version)),
    );
    return [
      ...(gap ? [`rollbacks of ${key} have gaps`] : []),
      ...(long ? [`rollbacks of ${key} are too many`] : []),
      ...(twice ? [`rollbacks of ${key} hold a version twice`] : []),
    ];
  });
}

async function brokenFiles(db: Database, repository: string): Promise<string[]> {
  const rows = await db.read
    .selectFrom("package as p")
    .leftJoin("package_file as f", "f.package_id", "p.id")
    .leftJoin("pool_file as pf", (join) =>
      join.onRef("pf.repository", "=", "f.repository").onRef("pf.path", "=", "f.path"),
    )
    .select(["p.name", "p.version"])
    .where("p.repository", "=", repository)
    .where("pf.path", "is", null)
    .execute();
  return rows.map(({ name, version }) => `${name} ${version} has no files`);
}
