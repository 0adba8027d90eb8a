import type { Executor, Tx } from "#db";
import { MbdError } from "#platform";
import { ambiguousMetas } from "../meta-distributions.ts";
import { distributionsOf, findRepository, listRepositories } from "../repository-store.ts";
import { REPOSITORY_SETTINGS, type RepositorySubject } from "./repository-settings.ts";
import type { Effects, Subjects } from "./setting.ts";
import { someOf, unfinishedIn } from "./unfinished.ts";

/** Repositories, by identity. */
export const REPOSITORIES: Subjects<RepositorySubject> = {
  kind: "repository",
  settings: REPOSITORY_SETTINGS,
  find: findRepositorySubject,
  async changed(tx, subject, names) {
    if (!names.includes("active")) return { notes: [] };
    return subject.repository.active
      ? { notes: await metaNotes(tx) }
      : { notes: await deactivationNotes(tx, subject) };
  },
};

async function findRepositorySubject(db: Executor, name: string): Promise<RepositorySubject> {
  const repository = await findRepository(db, name);
  if (repository === undefined) {
    const known = (await listRepositories(db)).map((row) => row.identity).join(", ") || "none yet";
    throw new MbdError("unknown_repository", { repository: name, known });
  }
  const layout = await db
    .selectFrom("layout")
    .select("name")
    .where("id", "=", repository.layout_id)
    .executeTakeFirstOrThrow();
  return { repository, layout: layout.name };
}

/** What is under way cannot be installed any more (pipeline.md 3, P7). */
async function deactivationNotes(tx: Tx, { repository }: RepositorySubject): Promise<Effects["notes"]> {
  const bkeys: string[] = [];
  for (const rows of await distributionsOf(tx, repository)) bkeys.push(...(await unfinishedIn(tx, rows)));
  if (bkeys.length === 0) return [];
  return [`${someOf(bkeys)} will end as FAILED (repository_inactive) unless it is active again by then.`];
}

/** Sentences about meta distributions that nobody can upload to now. */
export async function metaNotes(db: Executor): Promise<string[]> {
  return (await ambiguousMetas(db)).map(
    ({ meta, repositories }) =>
      `The meta distribution '${meta}' is claimed by ${repositories.join(" and ")}; uploads to it are rejected.`,
  );
}
