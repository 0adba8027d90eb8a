import type { Row } from "#db";
import { EmptyState, Facts, Live, Note, Section } from "../components/basics.tsx";
import { personName } from "../components/builds.tsx";
import { CopyBlock } from "../components/copy-block.tsx";
import { EventList } from "../components/event-list.tsx";
import { StateBadge } from "../components/state-badge.tsx";
import { Table } from "../components/table.tsx";
import { Duration, Time } from "../components/time.tsx";
import { renderDocument } from "../document.tsx";
import { explainPackaging } from "../explain.ts";
import { type PageContext, type PageRequest, type PageResponse, pathNumber } from "../page.ts";
import { findPackaging } from "../read-model/packagings.ts";
import { jsonOf, recordOf } from "../read-model/parse.ts";
import { lastEventId } from "../read-model/settings.ts";
import { type WaitReasons, waitReasons } from "../read-model/waiting.ts";
import { urls } from "../urls.ts";
import { notFound } from "./error.tsx";

/** The way of one accepted upload, from the builds to the archive. */
export async function packagingPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const db = context.db.read;
  const id = pathNumber(request, "id");
  const after = await lastEventId(db);
  const found = id === undefined ? undefined : await findPackaging(db, id);
  if (found === undefined)
    return notFound(context, request, "This packaging", ["/packagings/", "all packagings"]);
  const { packaging, builds } = found;
  const events = await context.events.latest({ packaging: packaging.id }, 40);
  const waits = await waitReasons(db, builds, context.clock.now(), context.engine());
  const ended = packaging.ended_at !== null;
  return renderDocument(
    context,
    {
      title: `${packaging.source} ${packaging.version}`,
      section: "/builds/",
      principal: request.principal,
      ...(ended ? {} : { live: { after, source: packaging.source } }),
    },
    <Live name="packaging">
      <div class="page-head">
        <h1>
          <a href={urls.package(packaging.source)}>{packaging.source}</a>{" "}
          <span class="version">{packaging.version}</span>
        </h1>
        <StateBadge state={packaging.state} />
      </div>
      <Why packaging={packaging} builds={builds} />
      <Facts facts={factsOf(packaging)} />
      <Section title="Builds">
        {builds.length === 0 ? (
          <EmptyState title="The builds are being planned." />
        ) : (
          <Builds builds={builds} waits={waits} />
        )}
      </Section>
      {packaging.state === "FAILED" || packaging.state === "CANCELLED" ? (
        <RetryHint url={context.url} bkey={packaging.bkey} />
      ) : null}
      <Section title="What happened" actions={<a href={urls.upload(packaging.upload_id)}>The upload</a>}>
        {events.length === 0 ? <EmptyState title="Nothing yet." /> : <EventList events={events} />}
      </Section>
    </Live>,
  );
}

function Why({
  packaging,
  builds,
}: {
  readonly packaging: Row<"packaging">;
  readonly builds: readonly Row<"build">[];
}) {
  if (packaging.state !== "FAILED") return null;
  const failed = builds.find((build) => build.state === "FAILED" && build.optional === 0);
  const reason = explainPackaging(packaging.reason) ?? explainPackaging(failed?.reason ?? null);
  return (
    <Note tone="bad">
      <p>
        <strong>{packaging.message ?? reason?.what ?? "It failed."}</strong>{" "}
        {packaging.message === null ? null : reason?.what}
      </p>
      {reason === undefined ? null : <p>{reason.next}</p>}
      {failed === undefined ? null : (
        <p>
          <a href={urls.build(failed.id)}>See the lines of the log that say why ({failed.arch})</a>
        </p>
      )}
    </Note>
  );
}

function factsOf(packaging: Row<"packaging">) {
  const options = Object.entries(recordOf(jsonOf(packaging.options)));
  return [
    ["Distribution", <a href={urls.distribution(packaging.distribution)}>{packaging.distribution}</a>],
    ["Component", packaging.component],
    ["By", personName(packaging.changed_by)],
    ["Accepted", <Time at={packaging.created_at} />],
    ["Took", <Duration from={packaging.created_at} to={packaging.ended_at} />],
    ["Published", packaging.state === "INSTALLED" ? <Time at={packaging.ended_at} /> : undefined],
    [
      "Upload options",
      options.length === 0 ? undefined : (
        <code>{options.map(([key, value]) => `${key}=${show(value)}`).join(" | ")}</code>
      ),
    ],
    ["Kept", packaging.pinned === 1 ? "whatever its age" : undefined],
    [
      "Sources, results and logs",
      packaging.expired_at === null ? undefined : (
        <>
          expired <Time at={packaging.expired_at} />
        </>
      ),
    ],
    ["Retry of", packaging.retry_of === null ? undefined : <code>{packaging.retry_of}</code>],
    ["Build key", <code class="bkey">{packaging.bkey}</code>],
  ] as const;
}

function show(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function Builds({
  builds,
  waits,
}: {
  readonly builds: readonly Row<"build">[];
  readonly waits: WaitReasons;
}) {
  return (
    <Table
      caption="Builds of this packaging"
      rows={builds}
      rowKey={(build) => build.id}
      columns={[
        {
          head: "Architecture",
          look: "main",
          cell: (build) => (
            <>
              <a class="arch" href={urls.build(build.id)}>
                {build.arch}
              </a>
              {build.build_all === 1 ? <span class="why">and architecture-independent packages</span> : null}
              {build.optional === 1 ? <span class="why">optional</span> : null}
            </>
          ),
        },
        {
          head: "State",
          cell: (build) => (
            <>
              <StateBadge state={build.state} />
              <span class="why">{waits.get(build.id) ?? build.message}</span>
            </>
          ),
        },
        { head: "Attempt", look: "end", cell: (build) => build.attempt },
        { head: "Builder", look: "wide", cell: (build) => build.worker ?? <span class="none">–</span> },
        {
          head: "Took",
          look: "end",
          cell: (build) => <Duration from={build.started_at} to={build.ended_at} />,
        },
      ]}
    />
  );
}

/** What staff types to try again; the link leads to a form that asks before it does anything. */
export function RetryHint({ url, bkey }: { readonly url: string; readonly bkey: string }) {
  return (
    <Section title="Try again" actions={<a href={urls.call("retry", { bkey })}>Retry…</a>}>
      <p class="sub">
        Same sources, new builds; builds that were good are kept. Staff may do it, here or with:
      </p>
      <CopyBlock label="retry command" text={`mini-buildd api ${url} retry '${bkey}'\n`} />
    </Section>
  );
}
