import type { AuditView } from "#accounts";
import { refusal } from "../../access.ts";
import { EmptyState, Pager } from "../../components/basics.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import { renderDocument } from "../../document.tsx";
import { type PageContext, type PageRequest, type PageResponse, queryNumber, queryText } from "../../page.ts";
import { urls } from "../../urls.ts";

const SHOWN = 60;

/** Who did what, and from where; newest first. */
export async function auditPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const refused = refusal(context, request, "ADMIN", "The audit trail");
  if (refused !== undefined) return refused;
  const before = queryNumber(request, "before");
  const asked = {
    actor: queryText(request, "actor") || undefined,
    action: queryText(request, "action") || undefined,
  };
  const found = await context.accounts.audit.latest({ limit: SHOWN + 1, before, ...asked });
  const rows = found.slice(0, SHOWN);
  const narrowed = Object.values(asked).some((value) => value !== undefined);
  return renderDocument(
    context,
    { title: "Audit trail", section: "/audit", principal: request.principal },
    <>
      <h1>Audit trail</h1>
      <form class="filter" method="get" action="/audit">
        <label>
          Person <input type="search" name="actor" value={asked.actor} maxlength={100} />
        </label>
        <label>
          Action <input type="search" name="action" value={asked.action} maxlength={100} />
        </label>
        <button type="submit">Filter</button>
        {narrowed ? <a href="/audit">Everything</a> : null}
      </form>
      {rows.length === 0 ? (
        <EmptyState title={narrowed ? "Nothing of this kind was done." : "Nothing was done yet."}>
          <p>Every change that a person makes is kept here, and every sign-in that failed.</p>
        </EmptyState>
      ) : (
        <Table caption="Who did what" columns={COLUMNS} rows={rows} rowKey={(row) => row.id} />
      )}
      <Pager
        newest={before === undefined ? undefined : urls.audit(asked)}
        older={found.length > SHOWN ? urls.audit({ ...asked, before: rows.at(-1)?.id }) : undefined}
      />
    </>,
  );
}

const COLUMNS: readonly Column<AuditView>[] = [
  {
    head: "Action",
    cell: (row) => (
      <>
        <a href={urls.audit({ action: row.action })} class="name">
          {row.action}
        </a>
        <span class="why">{givenText(row.given)}</span>
      </>
    ),
  },
  {
    head: "Outcome",
    cell: (row) => (
      <>
        <StateBadge state={row.outcome} />
        {row.error === undefined ? null : <span class="why">{row.error}</span>}
      </>
    ),
  },
  {
    head: "Person",
    cell: (row) => (
      <>
        <a href={urls.audit({ actor: row.actor.name })}>{row.actor.name}</a>
        <span class="why">{row.actor.kind}</span>
      </>
    ),
  },
  { head: "From", cell: (row) => <code>{row.client}</code> },
  { head: "When", cell: (row) => <Time at={row.time} /> },
];

function givenText(given: Readonly<Record<string, string>>): string {
  return Object.entries(given)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}: ${value.slice(0, 120)}`)
    .join(", ")
    .slice(0, 500);
}
