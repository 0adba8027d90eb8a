import { isArchitecture } from "#deb";
import { MbdError } from "#platform";
import type { CALLS, Handler, ResultOfCall, ValuesOfCall } from "../index.ts";
import type { AptDistribution } from "./sources-list.ts";

interface Part {
  readonly repository: string;
  readonly distributions: readonly string[];
  readonly components: readonly string[];
  readonly architectures: readonly string[];
}

export interface DebmirrorDeps {
  /** Live distributions of all active repositories. */
  distributions(): Promise<readonly AptDistribution[]>;
  /** @throws MbdError bad_argument */
  directory(destination: string): string;
  make(request: {
    destination: string;
    parts: readonly Part[];
    withSource: boolean;
  }): Promise<ResultOfCall<typeof CALLS.debmirror>>;
}

type Values = ValuesOfCall<typeof CALLS.debmirror>;

export function createDebmirror(deps: DebmirrorDeps): Handler<typeof CALLS.debmirror> {
  return {
    async plan(values) {
      const directory = deps.directory(values.destination);
      return (await partsOf(deps, values)).map(
        ({ repository, distributions, architectures }) =>
          `Mirror ${distributions.join(", ")} of repository ${repository} for ${architectures.join(", ")}, ` +
          `${values.without_source ? "without" : "with"} sources, in ${directory}/${repository}; ` +
          "what was mirrored there before and is not named now goes.",
      );
    },
    async run(values) {
      const { destination, without_source } = values;
      return await deps.make({
        destination,
        parts: await partsOf(deps, values),
        withSource: !without_source,
      });
    },
  };
}

/** One for each repository. @throws MbdError bad_argument, not_found */
async function partsOf(deps: DebmirrorDeps, values: Values): Promise<Part[]> {
  const bad = values.architectures.find((name) => !isArchitecture(name));
  if (bad !== undefined)
    throw new MbdError("bad_argument", { argument: "architectures", reason: `'${bad}' is no architecture` });
  const allows = (names: readonly string[], name: string) => names.length === 0 || names.includes(name);
  const chosen = (await deps.distributions()).filter(
    (each) =>
      allows(values.repositories, each.repository) &&
      allows(values.codenames, each.codename) &&
      allows(values.suites, each.suite),
  );
  const parts = [...new Set(chosen.map(({ repository }) => repository))].map((repository) =>
    partOf(
      repository,
      chosen.filter((each) => each.repository === repository),
      values,
    ),
  );
  const usable = parts.filter(({ architectures }) => architectures.length > 0);
  if (usable.length === 0) throw new MbdError("not_found", { what: "A distribution of that choice" });
  return usable;
}

function partOf(repository: string, chosen: readonly AptDistribution[], values: Values): Part {
  const wanted = (name: string) => values.architectures.length === 0 || values.architectures.includes(name);
  const own = chosen.filter(({ architectures }) => architectures.some(wanted));
  return {
    repository,
    distributions: own.flatMap(({ name, rollbacks }) => [
      name,
      ...(values.with_rollbacks
        ? Array.from({ length: rollbacks }, (_, number) => `${name}-rollback${number}`)
        : []),
    ]),
    components: [...new Set(own.flatMap(({ components }) => components))],
    architectures: [...new Set(own.flatMap(({ architectures }) => architectures))].filter(wanted).sort(),
  };
}
