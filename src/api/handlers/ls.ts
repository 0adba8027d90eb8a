import type { z } from "zod";
import { compareVersions, versionsEqual } from "#deb";
import type { lsEntry } from "../calls/ls.ts";
import type { CALLS, Handler } from "../index.ts";
import { versionGiven } from "./version-argument.ts";

export type LsEntry = z.output<typeof lsEntry>;

export interface LsDeps {
  /** Where a source is, in live distributions of these repositories and codenames. */
  find(query: {
    source: string;
    repositories: readonly string[];
    codenames: readonly string[];
  }): Promise<readonly (LsEntry & { readonly distribution: string })[]>;
}

export function createLs(deps: LsDeps): Handler<typeof CALLS.ls> {
  return {
    async run(values) {
      const version = versionGiven("version", values.version);
      const least = versionGiven("min_version", values.min_version);
      const found = await deps.find(values);
      const wanted = found.filter(
        (entry) =>
          (version === undefined || versionsEqual(entry.version, version)) &&
          (least === undefined || compareVersions(entry.version, least) >= 0),
      );
      // Of several versions in one distribution the highest stays.
      const ascending = [...wanted].sort((a, b) => compareVersions(a.version, b.version));
      return Object.fromEntries(ascending.map(({ distribution, ...entry }) => [distribution, entry]));
    },
  };
}
