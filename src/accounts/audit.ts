import type { Database, Tx } from "#db";
import { type Clock, isoNow } from "#platform";
import { insertAudit, selectAudit } from "./audit-store.ts";
import type { By } from "./principal.ts";

/** Who did what, from where, and what came of it. Secrets are never given to it. */
export interface AuditRecord {
  readonly actor: { readonly kind: By["kind"]; readonly name: string };
  readonly client: string;
  /** Name of a call, or `account.<what>`, `user.<what>`. */
  readonly action: string;
  readonly given: Readonly<Record<string, string>>;
  readonly outcome: "done" | "failed";
  readonly error?: string;
}

export interface AuditView extends AuditRecord {
  readonly id: number;
  readonly time: string;
}

export interface AuditQuery {
  readonly limit: number;
  /** Only rows older than the one with this number. */
  readonly before?: number | undefined;
  /** Name of who did it, of any kind. */
  readonly actor?: string | undefined;
  /** Exactly, or with a dot at its end all that begin so. */
  readonly action?: string | undefined;
}

export interface Audit {
  /** Writes a row: in the transaction of the change, or without one in its own. */
  record(tx: Tx | undefined, entry: AuditRecord): Promise<void>;
  /** A change that was made. */
  done(tx: Tx, by: By, action: string, given?: Readonly<Record<string, string>>): Promise<void>;
  /** Newest first. */
  latest(query: AuditQuery): Promise<AuditView[]>;
}

const KINDS = ["nobody", "token", "user", "local", "system"] as const satisfies readonly By["kind"][];
/** Of one value: keys and lists are given whole, but here they are to be recognised only. */
const MAX_GIVEN = 500;

export function createAudit({ db, clock }: { readonly db: Database; readonly clock: Clock }): Audit {
  async function record(tx: Tx | undefined, entry: AuditRecord): Promise<void> {
    const row = {
      time: isoNow(clock),
      actor: actorText(entry.actor),
      client: entry.client,
      action: entry.action,
      given: JSON.stringify(shortened(entry.given)),
      outcome: entry.outcome,
      error: entry.error?.slice(0, MAX_GIVEN) ?? null,
    };
    await (tx === undefined ? db.write((own) => insertAudit(own, row)) : insertAudit(tx, row));
  }
  return {
    record,
    done: (tx, { name, kind, client }, action, given = {}) =>
      record(tx, { actor: { kind, name }, client, action, given, outcome: "done" }),
    async latest({ actor, ...query }) {
      const actors = actor === undefined ? undefined : KINDS.map((kind) => actorText({ kind, name: actor }));
      const rows = await selectAudit(db.read, { ...query, actors });
      return rows.map(({ actor: who, given, outcome, error, ...row }) => ({
        ...row,
        actor: JSON.parse(who) as AuditRecord["actor"],
        given: JSON.parse(given) as Record<string, string>,
        outcome: outcome === "done" ? "done" : "failed",
        ...(error === null ? {} : { error }),
      }));
    },
  };
}

function actorText({ kind, name }: AuditRecord["actor"]): string {
  return JSON.stringify({ kind, name });
}

function shortened(given: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      value.length > MAX_GIVEN ? `${value.slice(0, MAX_GIVEN)}…` : value,
    ]),
  );
}
