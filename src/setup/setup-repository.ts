import type { Database } from "#db";
import { errorText, exists, MbdError } from "#platform";
import { extraPriority, type RepositoryService } from "#repositories";
import { listSources, sourceTrouble } from "#sources";
import type { SetupInstance } from "./report.ts";
import type { WantedDistribution, WantedRepository } from "./setup-request.ts";

export interface SetupRepositoryDeps {
  readonly db: Database;
  readonly repositories: RepositoryService;
}

/** Makes a repository with its distributions, or what is missing of them. */
export async function setUpRepository(
  deps: SetupRepositoryDeps,
  wanted: WantedRepository,
  distributions: readonly WantedDistribution[],
  dryRun: boolean,
): Promise<SetupInstance> {
  const { identity } = wanted;
  const instance = { kind: "repository", name: identity };
  if (dryRun) {
    const known = (await deps.repositories.list()).some(({ repository }) => repository.identity === identity);
    return known
      ? { ...instance, status: "EXISTS" }
      : { ...instance, status: "MISSING", message: "would be made" };
  }
  try {
    const missing = await missingKeyrings(wanted);
    const { created, troubles } = await make(deps, wanted, distributions, missing);
    const notes = [
      ...(created ? digitNotes(identity) : []),
      ...missing.map((path) => `${path} is not there`),
      ...troubles.map((trouble) => `builds wait, as ${trouble}`),
    ];
    return { ...instance, status: "ACTIVE", ...(notes.length === 0 ? {} : { message: notes.join("; ") }) };
  } catch (error) {
    return { ...instance, status: "FAILED", message: errorText(error) };
  }
}

async function make(
  deps: SetupRepositoryDeps,
  wanted: WantedRepository,
  distributions: readonly WantedDistribution[],
  missing: readonly string[],
): Promise<{ readonly created: boolean; readonly troubles: readonly string[] }> {
  const sources = await listSources(deps.db.read);
  const own = distributions.filter(({ codename }) => codename === (wanted.codename ?? codename));
  const extraUploaderKeyrings = (wanted.extraUploaderKeyrings ?? []).filter((it) => !missing.includes(it));
  const troubles = new Set<string>();
  return await deps.db.write(async (tx) => {
    const { created } = await deps.repositories.create(tx, { ...wanted, extraUploaderKeyrings });
    for (const { codename, architectures } of own) {
      const base = sources.find((source) => source.codename === codename);
      if (base === undefined)
        throw new MbdError("source_unusable", { source: codename, reason: "it is not set up" });
      const extras = sources.filter(
        (source) => source.origin === base.origin && source.codename.startsWith(`${codename}-`),
      );
      for (const source of [base, ...extras]) {
        const trouble = sourceTrouble(source);
        if (trouble !== undefined) troubles.add(trouble);
      }
      const extraSources = extras.map(({ id, codename: name }) => ({
        source: id,
        priority: extraPriority(name),
      }));
      const repository = wanted.identity;
      const distribution = { repository, sourceId: base.id, architectures, extraSources };
      await deps.repositories.addDistribution(tx, distribution);
    }
    return { created, troubles: [...troubles] };
  });
}

/** A repository with a keyring that cannot be read would take no upload at all. */
async function missingKeyrings({ extraUploaderKeyrings = [] }: WantedRepository): Promise<string[]> {
  const there = await Promise.all(extraUploaderKeyrings.map((path) => exists(path)));
  return extraUploaderKeyrings.filter((_path, index) => !there[index]);
}

/** `~foo1` and codeversion 2 look like `~foo` and 12 (names-and-versions.md 1). */
function digitNotes(identity: string): string[] {
  return /[0-9]$/.test(identity)
    ? [`its name ends in a digit, so that its versions may look like those of another repository`]
    : [];
}
