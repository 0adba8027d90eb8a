import type { HandlerDeps } from "#api/handlers";
import {
  isTestPackage,
  keyringTargets,
  makeKeyringPackages,
  makeTestPackages,
  planPort,
  port,
  testTargets,
  waitForReports,
} from "#packaging";
import type { Engine } from "./engine.ts";

/** Binds the calls that make packages of what the instance has itself. */
export function portCalls(
  deps: Engine["packaging"],
): Pick<HandlerDeps, "port" | "keyringPackages" | "testPackages"> {
  return {
    port: {
      plan: (question) => planPort(deps, question),
      port: (question, principal) => port(deps, question, principal.name),
    },
    keyringPackages: {
      targets: (given) => keyringTargets(deps.db, given),
      make: (question, principal) => makeKeyringPackages(deps, question, principal.name),
    },
    testPackages: {
      targets: (given) => testTargets(deps.db, given),
      async make({ sources, distributions }, principal) {
        const question = { sources: sources.filter(isTestPackage), distributions };
        const made = await makeTestPackages(deps, question, principal.name);
        return made.map(({ source, expected, answer }) => ({ source, expected, ...answer }));
      },
      async wait(bkeys) {
        const reports = await waitForReports(deps, bkeys);
        return new Map(reports.flatMap(({ bkey, got }) => (got === undefined ? [] : [[bkey, got]])));
      },
    },
  };
}
