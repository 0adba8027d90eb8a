import type { Principal } from "#accounts";
import type { CALLS, Handler, ResultOfCall } from "../index.ts";
import type { PortOutcome } from "./port-ext.ts";

export interface KeyringPackagesDeps {
  /** The distributions that are meant; nothing given means all suites that have keyring packages. */
  targets(given: readonly string[]): Promise<readonly string[]>;
  make(
    request: { readonly distributions: readonly string[]; readonly withoutMigration: boolean },
    principal: Principal,
  ): Promise<readonly PortOutcome[]>;
}

export function createKeyringPackages(deps: KeyringPackagesDeps): Handler<typeof CALLS.keyring_packages> {
  return {
    async plan(values) {
      const targets = await deps.targets(values.distributions);
      if (targets.length === 0) return ["Make nothing: no suite has keyring packages."];
      const then = values.without_migration ? "" : "; once it is installed, migrate it along all its suites";
      return targets.map((target) => `Make a package with the keys of this instance for ${target}${then}.`);
    },
    run: async (values, context) => [
      ...(await deps.make(
        { distributions: values.distributions, withoutMigration: values.without_migration },
        context.principal,
      )),
    ],
  };
}

export type TestOutcome = ResultOfCall<typeof CALLS.test_packages>[number];

export interface TestPackagesDeps {
  /** The distributions that are meant; nothing given means all suites named experimental. */
  targets(given: readonly string[]): Promise<readonly string[]>;
  make(
    request: { readonly sources: readonly string[]; readonly distributions: readonly string[] },
    principal: Principal,
  ): Promise<readonly TestOutcome[]>;
  /** How packagings ended, by bkey, when all have. */
  wait(bkeys: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

export function createTestPackages(deps: TestPackagesDeps): Handler<typeof CALLS.test_packages> {
  return {
    async plan(values) {
      const targets = await deps.targets(values.distributions);
      if (targets.length === 0) return ["Make nothing: there is no suite named experimental."];
      return targets.map((target) => `Build ${values.sources.join(", ")} for ${target}.`);
    },
    async run(values, context) {
      const made = [...(await deps.make(values, context.principal))];
      if (!values.wait) return made;
      const ends = await deps.wait(made.flatMap(({ bkey }) => bkey ?? []));
      return made.map((outcome) => {
        const got = ends.get(outcome.bkey ?? "");
        return got === undefined ? outcome : { ...outcome, got };
      });
    },
  };
}
