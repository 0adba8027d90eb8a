import type { Executor } from "#db";
import { isSourcePattern } from "#deb";
import { badArgument, MbdError, quoted } from "#platform";
import { repositoryNames, suitesForUploads } from "./right-store.ts";
import { columnsOf, type UploadScope } from "./upload-scope.ts";

/** A right as somebody wants to give it, to a user or a key. */
export interface NewRight extends UploadScope {
  readonly repository: string;
}

const MAX_SOURCES = 50;

/** @throws MbdError unknown_repository, bad_argument (suites, sources) */
export async function checkRight(
  db: Executor,
  right: NewRight,
): Promise<{ repository: string; suites: string; sources: string }> {
  const { repository, suites, sources } = right;
  const known = await repositoryNames(db);
  if (!known.includes(repository))
    throw new MbdError("unknown_repository", {
      ...{ repository: repository.slice(0, 80), known: known.join(", ") || "none yet" },
    });
  await checkSuites(db, repository, suites);
  if (sources.length > MAX_SOURCES) throw badArgument("sources", `more than ${MAX_SOURCES} are given`);
  const bad = sources.find((pattern) => !isSourcePattern(pattern));
  if (bad !== undefined)
    throw badArgument(
      "sources",
      `${quoted(bad)} is neither a source name nor a pattern of such with * and ?, like linux-*`,
    );
  return { repository, ...columnsOf(right) };
}

async function checkSuites(db: Executor, repository: string, suites: readonly string[]): Promise<void> {
  if (suites.length === 0) return;
  const known = await suitesForUploads(db, repository);
  const unknown = suites.find((suite) => !known.includes(suite));
  if (unknown === undefined) return;
  const names = known.join(", ") || "none";
  const reason = `repository '${repository}' has no suite ${quoted(unknown)} that takes uploads, but: ${names}`;
  throw badArgument("suites", reason);
}
