import { type Archive, chooseFound } from "#archive";
import type { Executor } from "#db";
import { compareVersions } from "#deb";
import { MbdError } from "#platform";
import type { ResolvedDistribution } from "#repositories";
import type { PortSource } from "./port-request.ts";

export interface PoolQuestion {
  readonly source: string;
  /** May be a rollback. */
  readonly from: ResolvedDistribution;
  readonly version?: string | undefined;
}

/**
 * The source package that a distribution holds, from the pool; of several versions the highest. SQL only.
 * @throws MbdError not_found, version_mismatch, ambiguous
 */
export async function findPoolSource(
  archive: Pick<Archive, "places" | "sourceVersions">,
  db: Executor,
  { source, from, version: wanted }: PoolQuestion,
): Promise<PortSource> {
  const repository = from.repository.identity;
  const places = (await archive.places(repository, source, db))
    .filter(({ distribution }) => distribution === from.name)
    .map(({ component, version }) => ({ component, sourceVersion: version }));
  const meant = { source, ...(wanted === undefined ? {} : { version: wanted }) };
  const { component, found } = chooseFound(places, from.name, meant);
  const version =
    found
      .map((place) => place.sourceVersion)
      .sort(compareVersions)
      .at(-1) ?? "";
  const files = (await archive.sourceVersions([repository], source, db)).find(
    (each) => each.component === component && each.version === version,
  );
  if (files === undefined) {
    // Packages that were added by hand may have come without it.
    throw new MbdError("not_found", { what: `The source package of ${source} ${version} in ${from.name}` });
  }
  return {
    ...{ source, version, component },
    dsc: { name: files.dsc.name, sha256: files.dsc.sha256 },
    kept: files.files.map(({ sha256 }) => sha256),
    vouchedBy: "instance",
  };
}
