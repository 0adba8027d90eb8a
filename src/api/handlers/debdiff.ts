import { checkVersionSyntax } from "#deb";
import { MbdError } from "#platform";
import type { CALLS, Handler } from "../index.ts";

export interface DebdiffDeps {
  /** Repositories: none for all. */
  debdiff(request: {
    source: string;
    versionA: string;
    versionB: string;
    repositories: readonly string[];
    /** Asked by somebody who is not signed in. */
    anonymous: boolean;
  }): Promise<string>;
}

export function createDebdiffCall(deps: DebdiffDeps): Handler<typeof CALLS.debdiff> {
  return {
    async run({ source, version_a, version_b, repositories }, { principal }) {
      for (const [argument, version] of Object.entries({ version_a, version_b })) {
        const reason = checkVersionSyntax(version);
        if (reason !== undefined) throw new MbdError("bad_argument", { argument, reason });
      }
      const anonymous = principal.kind === "nobody";
      return await deps.debdiff({
        source,
        versionA: version_a,
        versionB: version_b,
        repositories,
        anonymous,
      });
    },
  };
}
