import type { Principal } from "#accounts";
import type { CALLS, Handler, Handlers, ResultOfCall } from "../index.ts";

interface NamedSnapshot {
  readonly distribution: string;
  readonly name: string;
}

export interface SnapshotsDeps {
  /** By name. */
  list(distribution: string): Promise<ResultOfCall<typeof CALLS.snapshot_ls>>;
  planCreate(snapshot: NamedSnapshot): Promise<readonly string[]>;
  create(snapshot: NamedSnapshot, principal: Principal): Promise<unknown>;
  planDelete(snapshot: NamedSnapshot): Promise<readonly string[]>;
  remove(snapshot: NamedSnapshot, principal: Principal): Promise<unknown>;
}

export function createSnapshotLs(deps: SnapshotsDeps): Handler<typeof CALLS.snapshot_ls> {
  return { run: ({ distribution }) => deps.list(distribution) };
}

/** Both answer with the list after. */
export function createSnapshotChanges(
  deps: SnapshotsDeps,
): Pick<Handlers, "snapshot_create" | "snapshot_delete"> {
  return {
    snapshot_create: {
      plan: (values) => deps.planCreate(values),
      async run(values, { principal }) {
        await deps.create(values, principal);
        return await deps.list(values.distribution);
      },
    },
    snapshot_delete: {
      plan: (values) => deps.planDelete(values),
      async run(values, { principal }) {
        await deps.remove(values, principal);
        return await deps.list(values.distribution);
      },
    },
  };
}
