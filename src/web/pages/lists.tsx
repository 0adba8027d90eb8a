import { EmptyState, Live, Pager } from "../components/basics.tsx";
import { BuildTable, PackagingTable } from "../components/builds.tsx";
import { FilterTabs, stateWords } from "../components/filter-tabs.tsx";
import { StateBadge } from "../components/state-badge.tsx";
import { Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";
import { renderDocument } from "../document.tsx";
import { type PageContext, type PageRequest, type PageResponse, queryNumber, queryText } from "../page.ts";
import { type ListQuery, listBuilds, listPackagings, stateCounts } from "../read-model/packagings.ts";
import { lastEventId } from "../read-model/settings.ts";
import { listUploads } from "../read-model/uploads.ts";
import { waitReasons } from "../read-model/waiting.ts";
import { urls, withQuery } from "../urls.ts";

const SHOWN = 50;

const BUILD_STATES = [
  "BUILDING",
  "QUEUED",
  "DEP_WAIT",
  "UPLOADING",
  "BUILT",
  "FAILED",
  "SKIPPED",
  "CANCELLED",
];
const PACKAGING_STATES = ["QUEUED", "BUILDING", "INSTALLING", "INSTALLED", "FAILED", "CANCELLED"];

interface Filters {
  readonly state: string;
  readonly arch: string;
  readonly distribution: string;
  readonly source: string;
  readonly before: number | undefined;
}

function filtersOf(request: PageRequest): Filters {
  return {
    state: queryText(request, "state"),
    arch: queryText(request, "arch"),
    distribution: queryText(request, "distribution"),
    source: queryText(request, "source"),
    before: queryNumber(request, "before"),
  };
}

function listQuery(filters: Filters): ListQuery {
  const { state, arch, distribution, source, before } = filters;
  return {
    state: state || undefined,
    arch: arch || undefined,
    distribution: distribution || undefined,
    source: source || undefined,
    before,
    limit: SHOWN + 1,
  };
}

/** All builds, newest first, by state, architecture, distribution and package. */
export async function buildsPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const db = context.db.read;
  const filters = filtersOf(request);
  const after = await lastEventId(db);
  const found = await listBuilds(db, listQuery(filters));
  const rows = found.slice(0, SHOWN);
  const counts = await stateCounts(db, "build");
  const waits = await waitReasons(db, rows, context.clock.now(), context.engine());
  return renderDocument(
    context,
    { title: "Builds", section: "/builds/", principal: request.principal, ...liveOf(filters, after) },
    <>
      <div class="page-head">
        <h1>Builds</h1>
        <span>
          <a href="/queue">Queue</a> <a href="/packagings/">Packagings</a>
        </span>
      </div>
      <Live name="builds">
        <StateTabs path="/builds/" states={BUILD_STATES} counts={counts} filters={filters} />
        <FilterForm path="/builds/" filters={filters} withArch />
        <BuildTable rows={rows} waits={waits} caption="Builds" />
        {counts.size === 0 ? <FirstUpload /> : null}
      </Live>
      <ListPager
        path="/builds/"
        filters={filters}
        last={found.length > SHOWN ? rows.at(-1)?.id : undefined}
      />
    </>,
  );
}

export async function packagingsPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const db = context.db.read;
  const filters = filtersOf(request);
  const after = await lastEventId(db);
  const found = await listPackagings(db, listQuery(filters));
  const rows = found.slice(0, SHOWN);
  const counts = await stateCounts(db, "packaging");
  return renderDocument(
    context,
    { title: "Packagings", section: "/builds/", principal: request.principal, ...liveOf(filters, after) },
    <>
      <div class="page-head">
        <h1>Packagings</h1>
        <span>
          <a href="/builds/">Builds</a> <a href="/uploads/">Uploads</a>
        </span>
      </div>
      <Live name="packagings">
        <StateTabs path="/packagings/" states={PACKAGING_STATES} counts={counts} filters={filters} />
        <FilterForm path="/packagings/" filters={filters} />
        <PackagingTable rows={rows} caption="Packagings" />
        {counts.size === 0 ? <FirstUpload /> : null}
      </Live>
      <ListPager
        path="/packagings/"
        filters={filters}
        last={found.length > SHOWN ? rows.at(-1)?.packaging.id : undefined}
      />
    </>,
  );
}

export async function uploadsPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const db = context.db.read;
  const filters = filtersOf(request);
  const after = await lastEventId(db);
  const found = await listUploads(db, {
    state: filters.state || undefined,
    before: filters.before,
    limit: SHOWN + 1,
  });
  const rows = found.slice(0, SHOWN);
  const states = ["RECEIVED", "VERIFYING", "ACCEPTED", "REJECTED"];
  return renderDocument(
    context,
    { title: "Uploads", section: "/builds/", principal: request.principal, ...liveOf(filters, after) },
    <>
      <div class="page-head">
        <h1>Uploads</h1>
        <a href="/packagings/">Packagings</a>
      </div>
      <Live name="uploads">
        <StateTabs path="/uploads/" states={states} counts={undefined} filters={filters} />
        {rows.length === 0 ? (
          filters.state === "" ? (
            <FirstUpload />
          ) : (
            <EmptyState title="No uploads here." />
          )
        ) : (
          <Table
            caption="Uploads"
            rows={rows}
            rowKey={(row) => row.id}
            columns={[
              {
                head: "Upload",
                look: "main",
                cell: (row) => <a href={urls.upload(row.id)}>{row.changes_name}</a>,
              },
              { head: "State", cell: (row) => <StateBadge state={row.state} /> },
              { head: "Reason", cell: (row) => row.reason ?? <span class="none">–</span> },
              {
                head: "Distribution",
                cell: (row) => row.distribution ?? row.requested_distribution ?? <span class="none">–</span>,
              },
              { head: "By", look: "wide", cell: (row) => row.origin },
              { head: "Received", look: "end", cell: (row) => <Time at={row.created_at} /> },
            ]}
          />
        )}
      </Live>
      <ListPager
        path="/uploads/"
        filters={filters}
        last={found.length > SHOWN ? rows.at(-1)?.id : undefined}
      />
    </>,
  );
}

/** Only the newest page of a list can change under the eye. */
function liveOf(filters: Filters, after: number) {
  return filters.before === undefined ? { live: { after } } : {};
}

function addressOf(path: string, filters: Filters, change: Partial<Filters>): string {
  return withQuery(path, { ...filters, before: undefined, ...change });
}

function StateTabs(props: {
  readonly path: string;
  readonly states: readonly string[];
  readonly counts: ReadonlyMap<string, number> | undefined;
  readonly filters: Filters;
}) {
  const { path, states, counts, filters } = props;
  const shown = states.filter(
    (state) => counts === undefined || (counts.get(state) ?? 0) > 0 || state === filters.state,
  );
  if (shown.length === 0) return null;
  return (
    <FilterTabs
      label="By state"
      chosen={filters.state}
      tabs={[
        { value: "", words: "All", href: addressOf(path, filters, { state: "" }) },
        ...shown.map((state) => ({
          value: state,
          words: stateWords(state),
          count: counts?.get(state),
          href: addressOf(path, filters, { state }),
        })),
      ]}
    />
  );
}

function FilterForm(props: {
  readonly path: string;
  readonly filters: Filters;
  readonly withArch?: boolean;
}) {
  const { path, filters } = props;
  return (
    <form class="filter" method="get" action={path}>
      {filters.state === "" ? null : <input type="hidden" name="state" value={filters.state} />}
      <label>
        Source <input type="search" name="source" value={filters.source} maxlength={100} />
      </label>
      <label>
        Distribution <input type="search" name="distribution" value={filters.distribution} maxlength={100} />
      </label>
      {props.withArch ? (
        <label>
          Architecture <input type="search" name="arch" value={filters.arch} maxlength={32} size={8} />
        </label>
      ) : null}
      <button type="submit">Filter</button>
    </form>
  );
}

function ListPager(props: {
  readonly path: string;
  readonly filters: Filters;
  readonly last: number | undefined;
}) {
  const { path, filters, last } = props;
  return (
    <Pager
      newest={filters.before === undefined ? undefined : addressOf(path, filters, {})}
      older={last === undefined ? undefined : addressOf(path, filters, { before: last })}
    />
  );
}

function FirstUpload() {
  return (
    <EmptyState title="Nothing was uploaded yet.">
      <p>
        The home page says in <a href="/#use">three steps</a> how to upload the first package.
      </p>
    </EmptyState>
  );
}
