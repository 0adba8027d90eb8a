import type { RollbackEntry } from "./rollback-plan.ts";
import type { Held, ListChange, PackageFacts, SuiteChange, SuiteFacts, SuiteState } from "./suite-state.ts";

/** A suite while a change is planned: starts as a state is, ends as a change. */
export interface Workspace {
  readonly suite: SuiteFacts;
  /** Of all components. */
  ofSource(source: string): readonly Held[];
  /** Of the same name, architecture and index, in all components. */
  named(like: PackageFacts): readonly Held[];
  add(held: Held): void;
  drop(held: Held): void;
  /** Position 0 first. */
  list(component: string, source: string): readonly RollbackEntry[];
  setList(component: string, source: string, entries: readonly RollbackEntry[]): void;
  change(): SuiteChange;
}

export function createWorkspace({ suite, members, lists }: SuiteState): Workspace {
  const held = new Set<Held>(members);
  const bySource = new Map<string, Set<Held>>();
  const byName = new Map<string, Set<Held>>();
  for (const item of members) index(item);
  const before = new Map(lists.map((list) => [listKey(list.component, list.source), list]));
  const after = new Map<string, readonly RollbackEntry[]>();

  function index(item: Held): void {
    put(bySource, item.source, item);
    put(byName, nameKey(item), item);
  }

  return {
    suite,
    ofSource: (source) => [...(bySource.get(source) ?? [])],
    named: (like) => [...(byName.get(nameKey(like)) ?? [])],
    add(item) {
      held.add(item);
      index(item);
    },
    drop(item) {
      held.delete(item);
      bySource.get(item.source)?.delete(item);
      byName.get(nameKey(item))?.delete(item);
    },
    list: (component, source) =>
      after.get(listKey(component, source)) ?? before.get(listKey(component, source))?.rows ?? [],
    setList(component, source, entries) {
      after.set(listKey(component, source), entries);
    },
    change() {
      const gone = members.filter((item) => !held.has(item));
      const come = [...held].filter(({ membershipId }) => membershipId === null);
      // What leaves and comes back as it was has never left.
      const coming = new Set(come.map(rowKey));
      const unchanged = new Set(gone.map(rowKey).filter((key) => coming.has(key)));
      return {
        removed: gone.filter((item) => !unchanged.has(rowKey(item))),
        added: come.filter((item) => !unchanged.has(rowKey(item))),
        lists: [...new Set([...before.keys(), ...after.keys()])].map((key): ListChange => {
          const [component = "", source = ""] = key.split(" ");
          const rows = before.get(key)?.rows ?? [];
          return { component, source, rows, after: after.get(key) ?? rows };
        }),
      };
    },
  };
}

/** Debug symbol packages stand in the same index as ordinary ones. */
function nameKey({ kind, name, arch }: PackageFacts): string {
  return `${kind === "ddeb" ? "deb" : kind} ${name} ${arch}`;
}

function rowKey({ component, packageId, releaseId }: Held): string {
  return `${component} ${packageId} ${releaseId}`;
}

function listKey(component: string, source: string): string {
  return `${component} ${source}`;
}

function put<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, new Set([value]));
  else values.add(value);
}
