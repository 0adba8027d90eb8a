import type { Executor, NewRow, Row, RowUpdate, Tx } from "#db";
import type { SourceMatch } from "./release-rules.ts";

/** A row of `source` with its structured values read. */
export interface Source {
  readonly id: number;
  readonly origin: string;
  readonly codename: string;
  /** Base URLs, each ending with one slash, best first. */
  readonly archives: readonly string[];
  /** Binary OpenPGP keys. */
  readonly keyring: Uint8Array;
  readonly match: SourceMatch;
  readonly checkValidUntil: boolean;
  readonly removeFromComponent: string;
  readonly state: "unchecked" | "active" | "error";
  readonly error: string | null;
  readonly checkedAt: string | null;
  readonly releaseDate: string | null;
  readonly description: string;
  /** The one that counts: the administrator's, else the sticky one. */
  readonly codeversion: string;
  /** As the first good check found it; empty until then. */
  readonly codeversionSticky: string;
  readonly codeversionOverride: string | null;
  /** What the last check computed; unequal to the sticky one means somebody must decide. */
  readonly codeversionSeen: string | null;
  readonly components: readonly string[];
  readonly architectures: readonly string[];
}

/** "Debian bookworm" */
export function sourceName(source: { readonly origin: string; readonly codename: string }): string {
  return `${source.origin} ${source.codename}`;
}

export async function findSource(db: Executor, id: number): Promise<Source | undefined> {
  const row = await db.selectFrom("source").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : sourceOf(row);
}

export async function findSourceByName(
  db: Executor,
  origin: string,
  codename: string,
): Promise<Source | undefined> {
  const query = db.selectFrom("source").selectAll().where("origin", "=", origin);
  const row = await query.where("codename", "=", codename).executeTakeFirst();
  return row === undefined ? undefined : sourceOf(row);
}

export async function listSources(db: Executor): Promise<Source[]> {
  const rows = await db.selectFrom("source").selectAll().orderBy("origin").orderBy("codename").execute();
  return rows.map(sourceOf);
}

/** Base URLs of all archives. */
export async function archiveUrls(db: Executor): Promise<string[]> {
  return (await listSources(db)).flatMap(({ archives }) => archives);
}

export async function insertSource(tx: Tx, row: NewRow<"source">): Promise<number> {
  return (await tx.insertInto("source").values(row).returning("id").executeTakeFirstOrThrow()).id;
}

export async function updateSourceRow(tx: Tx, id: number, update: RowUpdate<"source">): Promise<void> {
  if (Object.keys(update).length === 0) return;
  await tx.updateTable("source").set(update).where("id", "=", id).execute();
}

function sourceOf(row: Row<"source">): Source {
  return {
    id: row.id,
    origin: row.origin,
    codename: row.codename,
    archives: JSON.parse(row.archives) as string[],
    keyring: new Uint8Array(Buffer.from(row.keyring, "base64")),
    match: JSON.parse(row.match) as SourceMatch,
    checkValidUntil: row.check_valid_until === 1,
    removeFromComponent: row.remove_from_component,
    state: row.state as Source["state"],
    error: row.error,
    checkedAt: row.checked_at,
    releaseDate: row.release_date,
    description: row.description,
    codeversion: row.codeversion_override ?? row.codeversion,
    codeversionSticky: row.codeversion,
    codeversionOverride: row.codeversion_override,
    codeversionSeen: row.codeversion_seen,
    components: JSON.parse(row.components) as string[],
    architectures: JSON.parse(row.architectures) as string[],
  };
}
