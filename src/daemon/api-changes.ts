import type { Principal } from "#accounts";
import type { HandlerDeps } from "#api/handlers";
import type { Actor } from "#events";
import {
  type ChangeDeps,
  createNamedSnapshot,
  deleteNamedSnapshot,
  migrate,
  namedSnapshots,
  planCreateSnapshot,
  planDeleteSnapshot,
  planMigrate,
  planRemoveSource,
  removeSource,
} from "#repositories";

/** Binds the calls that change repositories to what does them. */
export function changeCalls(deps: ChangeDeps): Pick<HandlerDeps, "migrate" | "remove" | "snapshots"> {
  return {
    migrate: {
      plan: (question) => planMigrate(deps, question),
      migrate: (question, principal) => migrate(deps, question, actorOf(principal)),
    },
    remove: {
      plan: (question) => planRemoveSource(deps, question),
      remove: (question, principal) => removeSource(deps, question, actorOf(principal)),
    },
    snapshots: {
      list: async (distribution) =>
        (await namedSnapshots(deps, distribution)).map(
          ({ name, createdAt: created_at, createdBy: created_by, sources, packages }) => ({
            ...{ name, created_at, created_by, sources, packages },
          }),
        ),
      planCreate: (snapshot) => planCreateSnapshot(deps, snapshot),
      create: (snapshot, principal) => createNamedSnapshot(deps, snapshot, actorOf(principal)),
      planDelete: (snapshot) => planDeleteSnapshot(deps, snapshot),
      remove: (snapshot, principal) => deleteNamedSnapshot(deps, snapshot, actorOf(principal)),
    },
  };
}

/** Who asked, as events name it. */
export function actorOf(principal: Principal): Actor {
  return { kind: principal.kind === "token" ? "token" : "user", name: principal.name };
}
