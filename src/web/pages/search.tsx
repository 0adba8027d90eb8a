import { EmptyState, Section } from "../components/basics.tsx";
import { StateBadge } from "../components/state-badge.tsx";
import { type Column, Table } from "../components/table.tsx";
import { renderDocument } from "../document.tsx";
import { type PageContext, type PageRequest, type PageResponse, queryText } from "../page.ts";
import { type Found, type Match, searchAll } from "../read-model/search.ts";
import { urls } from "../urls.ts";

const SHOWN = 60;
const LONGEST = 100;

/** Packages, their builds and what happened to them from one box. */
export async function searchPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const text = queryText(request, "q").slice(0, LONGEST);
  const usable = text.replaceAll(/[*?]/g, "").length >= 2;
  const query = { pattern: text, repositories: [], codenames: [], limit: SHOWN };
  const found = usable ? await searchAll(context.db.read, query) : { matches: [], more: false };
  return renderDocument(
    context,
    { title: text === "" ? "Search" : `Search: ${text}`, section: "", principal: request.principal },
    <>
      <h1>Search</h1>
      <search aria-label="Search all">
        <form class="filter" method="get" action="/search">
          <label>
            Name of a source or binary package{" "}
            <input type="search" name="q" value={text} maxlength={LONGEST} />
          </label>
          <button type="submit">Search</button>
        </form>
      </search>
      {usable ? (
        <Results text={text} found={found} />
      ) : (
        <p class="sub">Two letters or more; * and ? stand for any.</p>
      )}
    </>,
  );
}

function Results({ text, found }: { readonly text: string; readonly found: Found }) {
  if (found.matches.length === 0)
    return (
      <EmptyState title={`Nothing here is called '${text}'.`}>
        <p>
          Packages of the base distribution are not searched, only those of the{" "}
          <a href="/repositories/">repositories</a> of this instance.
        </p>
      </EmptyState>
    );
  const of = (kind: Match["kind"]) => found.matches.filter((match) => match.kind === kind);
  return (
    <>
      {found.more ? (
        <p class="sub">There is more than is shown: a longer part of the name narrows it.</p>
      ) : null}
      <Part title="Source packages" text={text} rows={of("source")} columns={[NAME, VERSION, WHERE]} />
      <Part
        title="Binary packages"
        text={text}
        rows={of("binary")}
        columns={[NAME, VERSION, SOURCE, WHERE]}
      />
      <Part title="Builds" text={text} rows={of("build")} columns={[NAME, VERSION, STATE, WHERE]} />
      <Part title="Events" text={text} rows={of("event")} columns={[NAME, VERSION, STATE, WHERE]} />
    </>
  );
}

const NAME: Column<Match> = {
  head: "Package",
  look: "main",
  cell: ({ name, path }) => (
    <a class="name" href={path}>
      {name}
    </a>
  ),
};
const VERSION: Column<Match> = {
  head: "Version",
  cell: ({ version }) => <span class="version">{version}</span>,
};
const SOURCE: Column<Match> = { head: "Source", cell: ({ source }) => source };
const STATE: Column<Match> = {
  head: "State",
  cell: ({ state }) => (state === undefined ? null : <StateBadge state={state} />),
};
const WHERE: Column<Match> = {
  head: "Distribution",
  look: "wide",
  cell: ({ distribution }) =>
    distribution === undefined ? null : <a href={urls.distribution(distribution)}>{distribution}</a>,
};

function Part(props: {
  readonly title: string;
  readonly text: string;
  readonly rows: readonly Match[];
  readonly columns: readonly Column<Match>[];
}) {
  const { title, text, rows, columns } = props;
  if (rows.length === 0) return null;
  return (
    <Section title={title}>
      <Table
        caption={`${title} found for ${text}`}
        rows={rows}
        rowKey={(row) => rows.indexOf(row)}
        columns={columns}
      />
    </Section>
  );
}
