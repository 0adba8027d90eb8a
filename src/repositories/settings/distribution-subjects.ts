import type { DistributionSpec } from "#archive";
import type { Executor, Tx } from "#db";
import { MbdError } from "#platform";
import { archiveDistributions } from "../archive-distributions.ts";
import { distributionsOf, findRepository, listRepositories } from "../repository-store.ts";
import { DISTRIBUTION_SETTINGS } from "./distribution-settings.ts";
import type { DistributionSubject } from "./distribution-subject.ts";
import { extraSourceNotes } from "./extra-sources.ts";
import type { Effects, Subjects } from "./setting.ts";
import { someOf, unfinishedIn } from "./unfinished.ts";

/** Makes a published distribution what set-up says. */
export type EnsureDistribution = (tx: Tx, spec: DistributionSpec) => Promise<unknown>;

/** Codenames of repositories, as `bookworm-test`. */
export function distributionSubjects(ensure: EnsureDistribution): Subjects<DistributionSubject> {
  return {
    kind: "distribution",
    settings: DISTRIBUTION_SETTINGS,
    find: findDistributionSubject,
    async changed(tx, subject, names) {
      for (const spec of archiveDistributions(subject)) await ensure(tx, spec);
      const notes = names.includes("extra_sources") ? extraSourceNotes(subject) : [];
      return { notes: [...notes, ...(await buildingNotes(tx, subject, names))] };
    },
  };
}

async function findDistributionSubject(db: Executor, name: string): Promise<DistributionSubject> {
  const [, codename = "", identity = ""] = /^([a-z][a-z0-9]*)-([a-z0-9]+)$/.exec(name) ?? [];
  if (codename === "") {
    const reason = `'${name}' is not of the form CODENAME-REPOSITORY, like bookworm-test`;
    throw new MbdError("bad_argument", { argument: "distribution", reason });
  }
  const repository = await findRepository(db, identity);
  if (repository === undefined) {
    const known = (await listRepositories(db)).map((row) => row.identity).join(", ") || "none yet";
    throw new MbdError("unknown_repository", { repository: identity, known });
  }
  const all = await distributionsOf(db, repository);
  const rows = all.find(({ distribution }) => distribution.codename === codename);
  if (rows === undefined) {
    const known = all.map(({ distribution }) => distribution.codename).join(", ") || "none yet";
    throw new MbdError("unknown_codename", { repository: identity, codename, known });
  }
  return { ...rows, sources: await db.selectFrom("source").selectAll().orderBy("codename").execute() };
}

async function buildingNotes(
  tx: Tx,
  subject: DistributionSubject,
  names: readonly string[],
): Promise<Effects["notes"]> {
  const bkeys = await unfinishedIn(tx, subject);
  if (bkeys.length === 0) return [];
  const building = DISTRIBUTION_SETTINGS.some(
    (setting) => setting.building === true && names.includes(setting.name),
  );
  const added = names.includes("architectures")
    ? [`${someOf(bkeys)} goes on with the architectures that it began with.`]
    : [];
  return building
    ? [...added, `Builds of ${someOf(bkeys)} that have not begun go by the new values.`]
    : added;
}
