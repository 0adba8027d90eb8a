import type { DistributionSpec } from "#archive";
import type { Database, Executor, Flag, Row, Tx } from "#db";
import { compareComponents, isCodename, isCodeversion, isRepositoryIdentity } from "#deb";
import { type Clock, isoNow, MbdError } from "#platform";
import { archiveDistributions } from "./archive-distributions.ts";
import { findLayout, insertLayout, knownLayouts } from "./layout-store.ts";
import {
  type DistributionRows,
  distributionsOf,
  findRepository,
  insertDistribution,
  insertRepository,
  listRepositories,
} from "./repository-store.ts";

export interface NewRepository {
  /** `^[a-z0-9]{1,32}$`, fixed for ever. */
  readonly identity: string;
  /** Name of a layout, e.g. `Default`. */
  readonly layout: string;
  readonly allowUnauthenticatedUploads: boolean;
  readonly description?: string;
  /** Absolute paths. */
  readonly extraUploaderKeyrings?: readonly string[];
}

export interface NewDistribution {
  readonly repository: string;
  readonly sourceId: number;
  readonly architectures: readonly string[];
  readonly extraSources: readonly { readonly source: number; readonly priority: number }[];
}

export interface RepositoryService {
  /** Makes a repository; a second time it returns the one that is there. */
  create(tx: Tx, repository: NewRepository): Promise<{ id: number; created: boolean }>;
  /** Adds a codename to a repository and has all its distributions published (empty); idempotent. */
  addDistribution(tx: Tx, distribution: NewDistribution): Promise<{ created: boolean }>;
  list(db?: Executor): Promise<{ repository: Row<"repository">; distributions: DistributionRows[] }[]>;
}

export interface RepositoryServiceDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly identity: string;
  readonly hostname: string;
  readonly ensureDistribution: (tx: Tx, spec: DistributionSpec) => Promise<number>;
}

export function createRepositoryService(deps: RepositoryServiceDeps): RepositoryService {
  const { db, clock } = deps;

  async function create(tx: Tx, wanted: NewRepository): Promise<{ id: number; created: boolean }> {
    if (!isRepositoryIdentity(wanted.identity)) {
      const reason = `'${wanted.identity}' is not a repository identity (1 to 32 lower-case letters and digits)`;
      throw new MbdError("bad_argument", { argument: "repositories", reason });
    }
    const known = await findRepository(tx, wanted.identity);
    if (known !== undefined) return { id: known.id, created: false };
    const layout = await findLayout(tx, wanted.layout);
    if (layout === undefined) {
      const names = (await knownLayouts(tx)).map(({ spec }) => spec.name).join(", ");
      const reason = `there is no layout '${wanted.layout}'; known: ${names}`;
      throw new MbdError("bad_argument", { argument: "repositories", reason });
    }
    const id = await insertRepository(tx, {
      identity: wanted.identity,
      layout_id: layout.id ?? (await insertLayout(tx, layout.spec)),
      origin: `Mini-Buildd archive ${deps.identity} on ${deps.hostname}`,
      description: wanted.description ?? "",
      allow_unauthenticated_uploads: wanted.allowUnauthenticatedUploads ? 1 : 0,
      extra_uploader_keyrings: JSON.stringify(wanted.extraUploaderKeyrings ?? []),
      active: 1,
      created_at: isoNow(clock),
    });
    return { id, created: true };
  }

  async function addDistribution(tx: Tx, wanted: NewDistribution): Promise<{ created: boolean }> {
    const repository = await findRepository(tx, wanted.repository);
    if (repository === undefined)
      throw new MbdError("not_found", { what: `Repository '${wanted.repository}'` });
    const source = await tx
      .selectFrom("source")
      .selectAll()
      .where("id", "=", wanted.sourceId)
      .executeTakeFirstOrThrow();
    const known = (await distributionsOf(tx, repository)).find(
      (rows) => rows.distribution.codename === source.codename,
    );
    if (known === undefined) {
      const reason = baseFault(source);
      const name = `${source.origin} ${source.codename}`;
      if (reason !== undefined) throw new MbdError("source_unusable", { source: name, reason });
    }
    if (known === undefined)
      await insertDistribution(tx, defaultsFor(repository.id, source, wanted), archRows(wanted));
    const rows = (await distributionsOf(tx, repository)).find(
      (each) => each.distribution.codename === source.codename,
    );
    if (rows !== undefined)
      for (const spec of archiveDistributions(rows)) await deps.ensureDistribution(tx, spec);
    return { created: known === undefined };
  }

  return {
    create,
    addDistribution,
    async list(from = db.read) {
      const repositories = await listRepositories(from);
      const result = [];
      for (const repository of repositories)
        result.push({ repository, distributions: await distributionsOf(from, repository) });
      return result;
    },
  };
}

/** Why packages cannot be built for a source (names-and-versions.md 3 and 4): its names become part of theirs. */
function baseFault(source: Row<"source">): string | undefined {
  if (!isCodename(source.codename)) return `a base is named by lower-case letters and digits`;
  if (isCodeversion(source.codeversion_override ?? source.codeversion)) return undefined;
  return "it has no codeversion, as it was not checked yet or its Release has an unknown form of version";
}

const DEFAULT_COMPONENTS: Readonly<Record<string, readonly string[]>> = {
  Debian: ["main", "contrib", "non-free", "non-free-firmware"],
  Ubuntu: ["main", "universe", "restricted", "multiverse"],
};

function defaultsFor(repositoryId: number, source: Row<"source">, wanted: NewDistribution) {
  const has = JSON.parse(source.components) as string[];
  const components = (DEFAULT_COMPONENTS[source.origin] ?? has).filter((name) => has.includes(name));
  return {
    repository_id: repositoryId,
    source_id: source.id,
    codename: source.codename,
    components: JSON.stringify([...components].sort(compareComponents)),
    extra_sources: JSON.stringify(wanted.extraSources),
    lintian_mode: "ERRFAIL",
    lintian_extra_options: JSON.stringify(["--info"]),
    lintian_warnfail_options: "[]",
    autopkgtest_mode: "DISABLED",
    piuparts_mode: "DISABLED",
    build_dep_resolver: "auto",
    internal_apt_priority: 1,
    deb_build_options: "",
    deb_build_profiles: "",
  };
}

/** The first architecture is the one that builds `Architecture: all`. */
function archRows(wanted: NewDistribution): { arch: string; optional: Flag; arch_all: Flag }[] {
  return wanted.architectures.map((arch, index) => ({ arch, optional: 0, arch_all: index === 0 ? 1 : 0 }));
}
