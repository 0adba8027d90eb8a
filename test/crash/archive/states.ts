import Sqlite from "better-sqlite3";

/** What a distribution held from a publish on, until that of the next state. */
export interface State {
  readonly publish: number;
  /** Sorted lines, as `contentOf` of the client gives them. */
  readonly content: string;
}

interface Span {
  readonly component: string;
  readonly kind: string;
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly added: number;
  readonly removed: number | null;
}

const PACKAGE = "p.kind, p.name, p.version, p.arch";
const LIVE = `SELECT m.component, ${PACKAGE}, m.added, m.removed FROM membership m
  JOIN package p ON p.id = m.package_id WHERE m.distribution_id = ?`;
const ROLLBACK = `SELECT m.component, ${PACKAGE}, m.added, m.removed FROM rollback_membership m
  JOIN release_package rp ON rp.release_id = m.release_id JOIN package p ON p.id = rp.package_id
  WHERE m.distribution_id = ? AND m.position = ?`;

/** All states a distribution ever had, oldest first, read from the rows without the product's help. */
export function statesOf(database: string, distribution: string, architecture: string): State[] {
  const db = new Sqlite(database, { readonly: true });
  try {
    const row = db.prepare("SELECT * FROM archive_distribution WHERE name = ?").get(distribution) as {
      id: number;
      position: number | null;
      live_id: number | null;
    };
    const spans = (
      row.live_id === null
        ? db.prepare(LIVE).all(row.id)
        : db.prepare(ROLLBACK).all(row.live_id, row.position)
    ) as Span[];
    const visible = spans.filter(({ arch }) => [architecture, "all", "source"].includes(arch));
    const changes = [0, ...visible.flatMap(({ added, removed }) => [added, removed ?? added])];
    const publishes = [...new Set(changes)].sort((a, b) => a - b);
    return publishes.map((publish) => ({ publish, content: contentAt(visible, publish) }));
  } finally {
    db.close();
  }
}

function contentAt(spans: readonly Span[], publish: number): string {
  const there = spans.filter(
    ({ added, removed }) => added <= publish && (removed === null || removed > publish),
  );
  return contentText(there);
}

/** What is shown of packages: their index, name, version and architecture. */
export function contentText(packages: readonly Omit<Span, "added" | "removed">[]): string {
  const lines = packages.map(
    ({ component, kind, name, version, arch }) => `${component} ${kind} ${name} ${version} ${arch}`,
  );
  return [...new Set(lines)].sort().join("\n");
}
