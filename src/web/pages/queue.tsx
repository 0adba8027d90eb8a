import type { Principal } from "#accounts";
import { type QueueEntry, readQueue } from "#packaging";
import { EmptyState, Live, Note, Section } from "../components/basics.tsx";
import { SourceVersion } from "../components/builds.tsx";
import { CallLink } from "../components/call-link.tsx";
import { StateBadge } from "../components/state-badge.tsx";
import { type Column, Table } from "../components/table.tsx";
import { Duration, Time } from "../components/time.tsx";
import { renderDocument } from "../document.tsx";
import { plural } from "../format.ts";
import type { PageContext, PageRequest, PageResponse } from "../page.ts";
import { lastEventId } from "../read-model/settings.ts";
import { urls } from "../urls.ts";

/** Builds that run and wait: in which order, for what, and until when. */
export async function queuePage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const db = context.db.read;
  const after = await lastEventId(db);
  const { slots } = context;
  const engine = context.engine();
  const { running, waiting, more } = await readQueue(db, { now: context.clock.now(), engine, slots });
  return renderDocument(
    context,
    { title: "Queue", section: "/builds/", principal: request.principal, live: { after } },
    <>
      <div class="page-head">
        <h1>Queue</h1>
        <span>
          <a href="/builds/">Builds</a> <a href="/packagings/">Packagings</a>
        </span>
      </div>
      <Live name="queue">
        {engine === "running" ? null : (
          <Note tone="wait">
            The engine is {engine}: no build begins. The <a href="/">home page</a> says more.
          </Note>
        )}
        <Section title="Running" actions={<span>{`${running.length} of ${plural(slots, "slot")}`}</span>}>
          {running.length === 0 ? (
            <EmptyState title="No build runs." />
          ) : (
            <Table
              caption="Running builds"
              rows={running}
              rowKey={({ id }) => id}
              columns={[...whatColumns(), ...runningColumns(context.clock.now())]}
            />
          )}
        </Section>
        <Section title="Waiting">
          {waiting.length === 0 ? (
            <EmptyState title="No build waits." />
          ) : (
            <Table
              caption="Waiting builds, in the order in which they get slots"
              rows={waiting}
              rowKey={({ id }) => id}
              columns={[...whatColumns(), ...waitingColumns(request.principal)]}
            />
          )}
          {more ? <p>More builds wait; these get slots first.</p> : null}
        </Section>
      </Live>
    </>,
  );
}

function whatColumns(): Column<QueueEntry>[] {
  return [
    {
      head: "Package",
      look: "main",
      cell: ({ id, source, version }) => (
        <SourceVersion source={source} version={version} href={urls.build(id)} />
      ),
    },
    { head: "Arch", cell: ({ arch }) => <span class="arch">{arch}</span> },
    {
      head: "Distribution",
      look: "wide",
      cell: ({ distribution }) => (
        <a class="place" href={urls.distribution(distribution)}>
          {distribution}
        </a>
      ),
    },
  ];
}

function runningColumns(now: Date): Column<QueueEntry>[] {
  return [
    { head: "State", cell: ({ state }) => <StateBadge state={state} /> },
    { head: "Builder", look: "wide", cell: ({ worker }) => worker ?? <span class="none">–</span> },
    {
      head: "Running for",
      look: "end",
      cell: ({ started_at }) => <Duration from={started_at} to={null} />,
    },
    { head: "Expected end", look: "end", cell: ({ expectedEnd }) => <End at={expectedEnd} now={now} /> },
  ];
}

function End({ at, now }: { readonly at: string | undefined; readonly now: Date }) {
  if (at === undefined) return <span class="none">first build here</span>;
  if (Date.parse(at) > now.getTime()) return <Time at={at} />;
  return <span class="why">longer than usual</span>;
}

function waitingColumns(principal: Principal): Column<QueueEntry>[] {
  return [
    { head: "Waits", cell: ({ waits }) => waits ?? <span class="none">–</span> },
    {
      head: "Priority",
      look: "end",
      cell: ({ bkey, priority }) => (
        <CallLink
          name="set_priority"
          given={{ bkey, priority: String(priority) }}
          principal={principal}
          otherwise={String(priority)}
        >
          {String(priority)}
        </CallLink>
      ),
    },
    { head: "Queued", look: "end", cell: ({ queued_at }) => <Time at={queued_at} /> },
    { head: "Expected end", look: "end", cell: ({ expectedEnd }) => <Time at={expectedEnd ?? null} /> },
  ];
}
