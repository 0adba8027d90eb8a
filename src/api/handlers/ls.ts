import type { z } from "zod";
import { checkVersionSyntax, compareVersions } from "#deb";
import { MbdError } from "#platform";
import type { lsEntry } from "../calls/ls.ts";
import type { CALLS, Handler } from "../index.ts";

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
      for (const [argument, version] of [
        ["version", values.version],
        ["min_version", values.min_version],
      ] as const) {
        const problem = version === "" ? undefined : checkVersionSyntax(version);
        if (problem !== undefined) throw new MbdError("bad_argument", { argument, reason: problem });
      }
      const found = await deps.find(values);
      const wanted = found.filter(
        (entry) =>
          (values.version === "" || compareVersions(entry.version, values.version) === 0) &&
          (values.min_version === "" || compareVersions(entry.version, values.min_version) >= 0),
      );
      return Object.fromEntries(wanted.map(({ distribution, ...entry }) => [distribution, entry]));
    },
  };
}
