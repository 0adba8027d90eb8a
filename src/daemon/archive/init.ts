import type { ArchiveReport, ArchiveRequest } from "#api";
import {
  type ArchiveDistribution,
  changedRetention,
  type DistributionOptions,
  type DistributionSpec,
} from "#archive";
import {
  compareComponents,
  isArchitecture,
  isComponent,
  isRepositoryIdentity,
  parseDistribution,
} from "#deb";
import { badArgument, execOk, MbdError } from "#platform";
import { findRepository, publishNow } from "#repositories";
import type { ArchiveHandDeps } from "./deps.ts";
import { retentionGiven } from "./keep.ts";

type InitRequest = Extract<ArchiveRequest, { command: "init" }>;

/**
 * Makes a distribution with its rollbacks, or adds to one. It needs no repository of the set-up: rows of the archive
 * are all that the engine works with. A set-up may take it over later; what a set-up has made is left to it.
 */
export async function initDistribution(deps: ArchiveHandDeps, request: InitRequest): Promise<ArchiveReport> {
  const { distribution } = request;
  const repository = checkName(distribution);
  checkWords(request);
  const known = await deps.archive.distribution(distribution);
  await refuseSetUp(deps, repository, request, known);
  const spec = await specOf(deps, repository, request, known);
  const specs = [spec, ...rollbacksOf(spec)];
  if (request.dryRun === true)
    return report(specs, known === undefined ? "would be made" : "would be changed");
  const before = await wantedOf(deps, specs);
  await deps.db.write(async (tx) => {
    for (const each of specs) await deps.archive.ensureDistribution(tx, each);
  });
  const after = await wantedOf(deps, specs);
  const changed = specs.filter(({ name }) => before.get(name) !== after.get(name));
  // All, not only those that changed: an earlier command may have been ended before it published.
  if (request.wait !== false)
    await publishNow(
      deps.archive,
      specs.map(({ name }) => name),
    );
  if (changed.length === 0) return report(specs, "is as wanted");
  return report(specs, known === undefined ? "made" : "changed");
}

function checkName(distribution: string): string {
  const parts = parseDistribution(distribution);
  if (parts === undefined) throw new MbdError("bad_distribution", { distribution });
  if (parts.rollback !== undefined) throw new MbdError("is_rollback", { distribution });
  if (!isRepositoryIdentity(parts.repository)) throw new MbdError("bad_distribution", { distribution });
  return parts.repository;
}

function checkWords({ components, architectures, origin, description }: InitRequest): void {
  for (const name of components ?? []) {
    if (!isComponent(name)) throw badArgument("component", `'${name}' is not the name of a component`);
  }
  for (const name of architectures ?? []) {
    if (!isArchitecture(name))
      throw badArgument("architecture", `'${name}' is not an architecture of a distribution`);
  }
  for (const [argument, text] of Object.entries({ origin, description })) {
    if (text !== undefined && /[\r\n\0]/.test(text)) throw badArgument(argument, "it must be one line");
  }
}

/** Who has a set-up changes it there; otherwise the next set-up would take back what is done here. */
async function refuseSetUp(
  { db }: ArchiveHandDeps,
  repository: string,
  request: InitRequest,
  known: ArchiveDistribution | undefined,
): Promise<void> {
  if ((await findRepository(db.read, repository)) === undefined) return;
  if (known !== undefined && !wantsSomething(request)) return;
  const reason = `repository '${repository}' was made by set-up, which decides about its distributions`;
  throw badArgument("distribution", `${reason}; use 'mini-buildd api local setup'`);
}

function wantsSomething({
  command: _command,
  distribution: _name,
  wait: _wait,
  dryRun: _dry,
  ...rest
}: InitRequest) {
  const { options, ...others } = rest;
  return Object.keys(others).length > 0 || Object.keys(options ?? {}).length > 0;
}

async function specOf(
  deps: ArchiveHandDeps,
  repository: string,
  request: InitRequest,
  known: ArchiveDistribution | undefined,
): Promise<DistributionSpec> {
  const { distribution: name, rollbacks = known?.rollbacks ?? 0 } = request;
  if (known !== undefined && rollbacks < known.rollbacks)
    throw badArgument("rollbacks", `${name} has ${known.rollbacks} already, and packages may be in them`);
  const fields = fieldsOf(known);
  const components = [...jsonList(known?.components), ...(request.components ?? [])];
  const architectures = [...jsonList(known?.architectures), ...(request.architectures ?? [])];
  const parts = parseDistribution(name);
  return {
    repository,
    name,
    kind: "live",
    components: unique(components.length > 0 ? [...components, "main"] : ["main"]).sort(compareComponents),
    architectures: architectures.length > 0 ? unique(architectures).sort() : [await nativeArchitecture(deps)],
    origin: request.origin ?? fields.Origin ?? `Mini-Buildd archive ${deps.identity} on ${deps.hostname}`,
    description:
      request.description ??
      fields.Description ??
      `${parts?.suite} of repository ${repository} for ${parts?.codename}`,
    notAutomatic:
      request.automatic === undefined
        ? known === undefined || fields.NotAutomatic === "yes"
        : !request.automatic,
    butAutomaticUpgrades: known === undefined || fields.ButAutomaticUpgrades !== "no",
    rollbacks,
    sourcesPerComponent: request.versions ?? known?.sources_per_component ?? 1,
    ...(fields.Version === undefined ? {} : { version: fields.Version }),
    options: optionsWanted(optionsOf(known), request),
  };
}

function rollbacksOf(live: DistributionSpec): DistributionSpec[] {
  return Array.from({ length: live.rollbacks }, (_, position) => ({
    ...live,
    name: `${live.name}-rollback${position}`,
    kind: "rollback" as const,
    position,
    live: live.name,
    description: `rollback ${position} of ${live.description}`,
    notAutomatic: true,
    butAutomaticUpgrades: false,
    rollbacks: 0,
    sourcesPerComponent: 1,
  }));
}

function fieldsOf(known: ArchiveDistribution | undefined): Record<string, string | undefined> {
  return known === undefined ? {} : (JSON.parse(known.release_fields) as Record<string, string>);
}

function optionsOf(known: ArchiveDistribution | undefined): DistributionOptions {
  return known === undefined ? {} : (JSON.parse(known.options) as DistributionOptions);
}

function optionsWanted(known: DistributionOptions, { options = {} }: InitRequest): DistributionOptions {
  const { momentDays, rollbackDays, ...others } = options;
  return {
    ...known,
    ...Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined)),
    retention: changedRetention(known.retention, retentionGiven({ momentDays, rollbackDays })),
  };
}

async function nativeArchitecture({ exec }: ArchiveHandDeps): Promise<string> {
  return (await execOk(exec, "dpkg", ["--print-architecture"])).stdout.trim();
}

async function wantedOf(
  { archive }: ArchiveHandDeps,
  specs: readonly DistributionSpec[],
): Promise<Map<string, number | undefined>> {
  const wanted = new Map<string, number | undefined>();
  for (const { name } of specs) wanted.set(name, (await archive.distribution(name))?.wanted_publish);
  return wanted;
}

function report(specs: readonly DistributionSpec[], what: string): ArchiveReport {
  const [live] = specs;
  if (live === undefined) return { lines: [], result: {} };
  const { name: distribution, repository, components, architectures, rollbacks, origin } = live;
  const kept = rollbacks === 0 ? "" : ` (${rollbacks} rollback${rollbacks === 1 ? "" : "s"})`;
  return {
    lines: [`${distribution} ${what}: ${components.join(" ")}; ${architectures.join(" ")}${kept}`],
    result: {
      ...{ distribution, repository, what, components, architectures, origin },
      distributions: specs.map(({ name }) => name),
    },
  };
}

function jsonList(text: string | undefined): string[] {
  return text === undefined ? [] : (JSON.parse(text) as string[]);
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)];
}
