import type { Executor } from "#db";
import { compareVersions, debFileName } from "#deb";
import { MbdError } from "#platform";
import type { ReleaseFile } from "#sources";
import { distributionNamed } from "../suites/index.ts";
import type { ArchiveDistribution } from "../types.ts";
import { type BinaryEntry, readBinary, readIndex, readSourceEntry, type SourceEntry } from "./read-index.ts";
import type { Remote } from "./remote.ts";

/** Everything of one distribution that is to come, by component. */
export interface DistributionImport {
  readonly from: string;
  readonly to: string;
  readonly target: ArchiveDistribution;
  readonly releases: readonly ReleaseImport[];
  readonly loose: readonly LooseImport[];
  /** Packages (sources too) that the target has. */
  readonly alreadyThere: number;
}

/** A source and what was built from it. */
export interface ReleaseImport {
  readonly source: SourceEntry;
  readonly binaries: readonly BinaryEntry[];
}

/** Packages without their source, or a source beside a newer one. */
export type LooseImport =
  | { readonly kind: "source"; readonly source: SourceEntry }
  | { readonly kind: "binary"; readonly binary: BinaryEntry };

export interface Selection {
  /** Default: those that both have. */
  readonly components?: readonly string[];
  readonly architectures?: readonly string[];
}

export type Refuse = (error: MbdError) => void;

/** Reads the indices of a distribution and decides what comes. @throws MbdError not_found, is_rollback, component_unknown, source_unusable, download_failed */
export async function planDistribution(
  deps: { readonly db: Executor; readonly remote: Remote; readonly refuse: Refuse },
  mapping: { readonly from: string; readonly to: string },
  release: ReleaseFile,
  selection: Selection,
): Promise<DistributionImport> {
  const { from, to } = mapping;
  const target = await distributionNamed(deps.db, to);
  if (target === undefined) throw new MbdError("not_found", { what: `Distribution '${to}'` });
  if (target.kind !== "live") throw new MbdError("is_rollback", { distribution: to });
  const components = chosenComponents(release, target, selection, from);
  const architectures = chosenArchitectures(target, selection);
  const have = await present(deps.db, target);
  const sources: SourceEntry[] = [];
  const binaries = new Map<string, BinaryEntry>();
  let alreadyThere = 0;
  const guard = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof MbdError)) throw error;
      deps.refuse(error);
      return undefined;
    }
  };
  for (const component of components) {
    const directory = `dists/${from}/`;
    for await (const stanza of readIndex(deps.remote, release, directory, `${component}/source/Sources`)) {
      const entry = guard(() => readSourceEntry(stanza, component));
      if (entry === undefined) continue;
      if (have.sources.has(`${component} ${entry.name} ${entry.version}`)) alreadyThere += 1;
      else sources.push(entry);
    }
    for (const name of binaryIndices(component, architectures)) {
      for await (const stanza of readIndex(deps.remote, release, directory, name)) {
        const entry = guard(() => readBinary(stanza, component));
        if (entry === undefined || ![...architectures, "all"].includes(entry.arch)) continue;
        // Packages for all architectures stand in every index.
        const key = `${component} ${fileNameOf(entry)} ${entry.file.sha256}`;
        if (binaries.has(key)) continue;
        if (have.files.has(key)) alreadyThere += have.files.delete(key) ? 1 : 0;
        else if (!have.gone.has(key)) binaries.set(key, entry);
        have.gone.add(key);
      }
    }
  }
  return { from, to, target, alreadyThere, ...group(sources, [...binaries.values()]) };
}

/** The name the package must have here; archives differ in how they write epochs. */
export function fileNameOf({ name, version, arch, file }: BinaryEntry): string {
  const ending = (["udeb", "ddeb"] as const).find((other) => file.path.endsWith(`.${other}`)) ?? "deb";
  return debFileName({ packageName: name, version, architecture: arch, ending });
}

function binaryIndices(component: string, architectures: readonly string[]): string[] {
  return [...architectures, "all"].flatMap((arch) => [
    `${component}/binary-${arch}/Packages`,
    `${component}/debian-installer/binary-${arch}/Packages`,
  ]);
}

/**
 * The highest source of a name and component makes a release with the packages of its version; what else there is
 * (packages of other versions, as architectures lag behind; their sources) comes without a release.
 */
export function group(
  sources: readonly SourceEntry[],
  binaries: readonly BinaryEntry[],
): Pick<DistributionImport, "releases" | "loose"> {
  const highest = new Map<string, SourceEntry>();
  for (const source of sources) {
    const key = `${source.component} ${source.name}`;
    const other = highest.get(key);
    if (other === undefined || compareVersions(source.version, other.version) > 0) highest.set(key, source);
  }
  const keyOf = (component: string, name: string, version: string) => `${component} ${name} ${version}`;
  const built = new Map<string, BinaryEntry[]>();
  for (const binary of binaries) {
    const key = keyOf(binary.component, binary.source, binary.sourceVersion);
    const list = built.get(key);
    if (list === undefined) built.set(key, [binary]);
    else list.push(binary);
  }
  const releases: ReleaseImport[] = [];
  const loose: LooseImport[] = [];
  for (const source of sources) {
    const key = keyOf(source.component, source.name, source.version);
    if (highest.get(`${source.component} ${source.name}`) === source) {
      releases.push({ source, binaries: built.get(key) ?? [] });
      built.delete(key);
    } else if (built.has(key)) loose.push({ kind: "source", source });
  }
  loose.push(...[...built.values()].flat().map((binary) => ({ kind: "binary", binary }) as const));
  return { releases, loose };
}

function chosenComponents(
  release: ReleaseFile,
  target: ArchiveDistribution,
  { components }: Selection,
  from: string,
): string[] {
  const known = JSON.parse(target.components) as string[];
  const offered = release.components.map((name) => name.slice(name.lastIndexOf("/") + 1));
  const wanted = components ?? offered.filter((name) => known.includes(name));
  for (const component of wanted) {
    const params = { section: component, component, dsc: from, distribution: target.name };
    if (!known.includes(component)) {
      throw new MbdError("component_unknown", { ...params, known: known.join(", ") });
    }
    if (!offered.includes(component)) {
      throw new MbdError("not_found", { what: `Component '${component}' of '${from}'` });
    }
  }
  return [...wanted];
}

function chosenArchitectures(target: ArchiveDistribution, { architectures }: Selection): string[] {
  const known = JSON.parse(target.architectures) as string[];
  const unknown = architectures?.find((arch) => arch !== "all" && !known.includes(arch));
  if (unknown !== undefined) {
    const reason = `'${target.name}' has no architecture '${unknown}'`;
    throw new MbdError("bad_argument", { argument: "architecture", reason });
  }
  return (architectures ?? known).filter((arch) => arch !== "all");
}

interface Present {
  readonly sources: ReadonlySet<string>;
  /** `component file sha256` of binary packages; counted ones are taken out. */
  readonly files: Set<string>;
  readonly gone: Set<string>;
}

/** What the target shows now: where an interrupted import goes on from. */
async function present(db: Executor, target: ArchiveDistribution): Promise<Present> {
  const members = db
    .selectFrom("membership as m")
    .innerJoin("package as p", "p.id", "m.package_id")
    .where("m.distribution_id", "=", target.id)
    .where("m.removed", "is", null);
  const sources = await members
    .select(["m.component", "p.name", "p.version"])
    .where("p.kind", "=", "dsc")
    .execute();
  const files = await members
    .innerJoin("package_file as f", "f.package_id", "p.id")
    .innerJoin("pool_file as pf", (join) =>
      join.onRef("pf.repository", "=", "f.repository").onRef("pf.path", "=", "f.path"),
    )
    .select(["m.component", "pf.path", "pf.sha256"])
    .where("p.kind", "!=", "dsc")
    .execute();
  return {
    sources: new Set(sources.map(({ component, name, version }) => `${component} ${name} ${version}`)),
    files: new Set(
      files.map(
        ({ component, path, sha256 }) => `${component} ${path.slice(path.lastIndexOf("/") + 1)} ${sha256}`,
      ),
    ),
    gone: new Set(),
  };
}
