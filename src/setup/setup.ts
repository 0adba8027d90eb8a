import type { ChrootService } from "#chroots";
import type { Database, Executor, Row } from "#db";
import { ambiguousMetas, knownLayouts, type RepositoryService } from "#repositories";
import { listSources, type SourceService, sourceName } from "#sources";
import { reportOf, type SetupInstance, type SetupReport } from "./report.ts";
import { setUpRepository } from "./setup-repository.ts";
import {
  parseWantedDistribution,
  parseWantedRepository,
  type SetupRequest,
  type WantedDistribution,
} from "./setup-request.ts";
import { setUpSources } from "./setup-sources.ts";

export interface SetupDeps {
  readonly db: Database;
  readonly sources: SourceService;
  readonly repositories: RepositoryService;
  readonly chroots: Pick<ChrootService, "add">;
  /** `dpkg --print-architecture` */
  readonly nativeArch: string;
}

export type Setup = (request: SetupRequest) => Promise<SetupReport>;

/**
 * Call `setup`: creates what is asked for and missing, changes nothing that is there, and reports on everything. Running
 * packagings are not touched, so nothing has to be stopped.
 */
export function createSetup(deps: SetupDeps): Setup {
  return async (request) => {
    const sources = await setUpSources(deps, request);
    const wanted = request.distributions.map((text) => parseWantedDistribution(text, deps.nativeArch));
    const layouts = (await knownLayouts(deps.db.read)).map(({ spec }) => spec.name);
    const repositories: SetupInstance[] = [];
    for (const text of request.repositories) {
      repositories.push(
        await setUpRepository(deps, parseWantedRepository(text, request, layouts), wanted, request.dryRun),
      );
    }
    const chroots = await setUpChroots(deps, request, wanted);
    return reportOf(await withExisting(deps.db.read, [...sources, ...repositories, ...chroots]));
  };
}

/** Asks for each chroot that is wanted and not there; the daemon makes it in a job of its own. */
async function setUpChroots(
  deps: SetupDeps,
  request: SetupRequest,
  distributions: readonly WantedDistribution[],
): Promise<SetupInstance[]> {
  const fromSources = distributions.flatMap(({ codename, architectures }) =>
    architectures.map((arch) => `${codename}:${arch}`),
  );
  const wanted = new Set([
    ...request.chroots.map((text) => text.replace(/:(native|available|all)$/, `:${deps.nativeArch}`)),
    ...(request.chrootsFromSources ? fromSources : []),
  ]);
  const known = await deps.db.read.selectFrom("chroot").selectAll().execute();
  const missing = [...wanted].filter(
    (key) => !known.some((row) => keyOf(row) === key && row.tarball !== null),
  );
  if (!request.dryRun) {
    for (const key of missing) {
      const [codename = "", arch = ""] = key.split(":");
      await deps.db.write((tx) => deps.chroots.add(tx, codename, arch));
    }
  }
  const message = request.dryRun ? "would be made" : "being made";
  return missing.map((name) => ({ kind: "chroot", name, status: "EXISTS", message }));
}

/** Adds what is there already and was not asked for. */
async function withExisting(db: Executor, instances: readonly SetupInstance[]): Promise<SetupInstance[]> {
  const all = [...instances];
  const add = (instance: SetupInstance) => {
    if (!all.some((each) => each.kind === instance.kind && each.name === instance.name)) all.push(instance);
  };
  for (const source of await listSources(db)) {
    for (const name of source.archives) add({ kind: "archive", name, status: "EXISTS" });
    const failed = source.state === "error" ? { message: source.error ?? "unknown error" } : {};
    add({ kind: "source", name: sourceName(source), status: SOURCE_STATUS[source.state], ...failed });
  }
  for (const row of await db.selectFrom("repository").selectAll().orderBy("identity").execute()) {
    add({ kind: "repository", name: row.identity, status: row.active ? "ACTIVE" : "DEACTIVATED" });
  }
  for (const { meta, repositories } of await ambiguousMetas(db)) {
    const message = `claimed by ${repositories.join(", ")}; uploads to it are rejected`;
    add({ kind: "meta distribution", name: meta, status: "FAILED", message });
  }
  for (const row of await db.selectFrom("chroot").selectAll().orderBy("codename").execute()) {
    const failed = row.error === null ? {} : { message: row.error };
    add({ kind: "chroot", name: keyOf(row), status: row.tarball === null ? "EXISTS" : "ACTIVE", ...failed });
  }
  return all;
}

const SOURCE_STATUS = { unchecked: "EXISTS", active: "ACTIVE", error: "FAILED" } as const;

function keyOf(row: Pick<Row<"chroot">, "codename" | "arch">): string {
  return `${row.codename}:${row.arch}`;
}
