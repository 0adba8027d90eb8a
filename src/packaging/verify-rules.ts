import type { Database } from "#db";
import { type Changes, type Dsc, lookupUploadOption, type UploadOption } from "#deb";
import { type BlobStore, MbdError } from "#platform";
import { type ResolvedDistribution, resolveUploadTarget } from "#repositories";
import { ignoredChecks } from "./check-modes.ts";
import { collectSourceFiles, type FindPoolFile } from "./source-files.ts";
import type { UploadFile } from "./upload-store.ts";
import { checkComponent, checkSomethingToBuild, Rejection, readDsc, readOptions } from "./verify-payload.ts";
import { type Candidate, checkVersionForm, checkVersionIsNew, type FindPlaces } from "./version-rules.ts";

export interface RulesDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly findPlaces: FindPlaces;
  readonly findPoolFile: FindPoolFile;
}

/** An upload whose text is trusted. */
export interface RulesSubject {
  readonly changes: Changes;
  readonly changesName: string;
  readonly files: readonly UploadFile[];
  readonly target: ResolvedDistribution;
  /** By a key that the instance knows. */
  readonly signed: boolean;
}

export interface Accepted {
  readonly candidate: Candidate;
  readonly changes: Changes;
  readonly dsc: Dsc;
  readonly dscName: string;
  readonly options: readonly UploadOption[];
  /** Sentences about options that count for nothing here. */
  readonly warnings: readonly string[];
}

/**
 * Steps 7 to 12 of pipeline.md 2.4, which a retry passes once more; the first that fails throws. `facts` learns the
 * component as soon as it is known, for the event of a rejection.
 * @throws MbdError, Rejection
 */
export async function checkRules(
  deps: RulesDeps,
  { changes, changesName, files, target, signed }: RulesSubject,
  facts: { component?: string } = {},
): Promise<Accepted> {
  const db = deps.db.read;
  const { dsc, file } = await readDsc(deps.blobs, changes, files, changesName);
  const component = checkComponent(changes, dsc, file.name, target);
  facts.component = component;
  const candidate = { source: changes.source, version: changes.version, component, target };
  const repository = target.repository.identity;
  checkVersionForm(candidate);
  await checkVersionIsNew(db, await deps.findPlaces(repository, changes.source), candidate);
  await collectSourceFiles(dsc, file.name, files, repository, deps.findPoolFile);
  const { options, warnings } = readOptions(changes, target);
  const ignored = ignoredChecks(options, target, signed);
  await checkAutoPorts(db, lookupUploadOption(options, "auto-ports") ?? []);
  checkSomethingToBuild(dsc, target, options);
  return { candidate, changes, dsc, dscName: file.name, options, warnings: [...warnings, ...ignored] };
}

/** Targets must be ones that can be ported to now; all that are not are told at once. */
async function checkAutoPorts(db: Database["read"], targets: readonly string[]): Promise<void> {
  const errors: MbdError[] = [];
  for (const target of targets) {
    await resolveUploadTarget(db, target).catch((error: unknown) => {
      if (!(error instanceof MbdError)) throw error;
      errors.push(error);
    });
  }
  if (errors.length > 0) throw new Rejection(errors);
}
